import type { Overview } from '../app/overview.ts';
import type { Refusal } from '../uplink/payloads/reply.ts';
import { CHINESE_HINTS } from './chinese-hints.table.ts';
import { REFUSAL_NAMES } from './refusal-names.table.ts';
import { SCREEN_COLUMNS, wrapText } from './text-table.ts';

type Uplink = Overview['uplink'];
type Commands = NonNullable<Overview['commands']>;

const STATE_NAMES: Readonly<Record<Uplink['state'], string>> = {
  connecting: '正在连接',
  online: '在线',
  offline: '离线',
  stopped: '已停止',
};

/** The ways to the platform and the other receivers, the Sparkplug host, and what became of commands. */
export function uplinkLines(overview: Overview): readonly string[] {
  const { uplink, furtherUplinks, sparkplug, commands, nowMs } = overview;
  return [
    ...[uplink, ...furtherUplinks].flatMap(receiverLines),
    ...(sparkplug === null ? [] : sparkplugLines(sparkplug)),
    ...commandLines(commands, nowMs),
  ].flatMap((line) => wrapText(line, SCREEN_COLUMNS, '    '));
}

function receiverLines(uplink: Uplink): readonly string[] {
  const { upstream, url, protocol, acknowledged, inFlight, pending } = uplink;
  const version = protocol === null ? '' : `  MQTT ${protocol === 5 ? '5' : '3.1.1'}`;
  const clone = '  another gateway uses our client id 另一台网关使用相同的客户端编号';
  return [
    `Uplink 上行 ${upstream}: ${stateOf(uplink)}${version}  ${url}`,
    `  acknowledged 已确认 ${acknowledged}  waiting 待发 ${pending}  under way 在途 ${inFlight}`,
    ...(uplink.takenOver ? [clone] : []),
    ...troubleLines(uplink),
  ];
}

function sparkplugLines(link: NonNullable<Overview['sparkplug']>): readonly string[] {
  return [`Sparkplug: ${stateOf(link)}`, ...troubleLines(link)];
}

function stateOf({ state, connects }: Pick<Uplink, 'state' | 'connects'>): string {
  return `${state} ${STATE_NAMES[state]}  connections 连接次数 ${connects}`;
}

function troubleLines({ error }: Pick<Uplink, 'error'>): readonly string[] {
  if (error === null) return [];
  return [`  ${error.code}: ${error.text}`, `  → ${error.hint}`, `  → ${CHINESE_HINTS[error.code]}`];
}

function commandLines(commands: Commands | null, nowMs: number): readonly string[] {
  const title = 'Commands 平台命令:';
  if (commands === null) return [`${title} not taken here 未启用`];
  const { received, accepted, repeated, refused, lastRefused } = commands;
  const causes = Object.entries(commands.refusals).map(([reason, times]) => `${named(reason)} ${times}`);
  return [
    `${title} received 收到 ${received}`,
    `  accepted 接受 ${accepted}  repeated 重复 ${repeated}  refused 拒绝 ${refused}`,
    ...(causes.length === 0 ? [] : [`  refused 拒绝: ${causes.join(', ')}`]),
    ...(lastRefused === null ? [] : [lastLine(lastRefused, nowMs)]),
  ];
}

function lastLine({ atMs, reason, actor }: NonNullable<Commands['lastRefused']>, nowMs: number): string {
  const ago = `${Math.max(0, Math.round((nowMs - atMs) / 1000))} s`;
  return `  last refused 最近拒绝: ${named(reason)}  by 来自 ${actor ?? 'unknown 未知'}  ${ago}`;
}

function named(reason: string): string {
  return `${reason} ${REFUSAL_NAMES[reason as Refusal]}`;
}
