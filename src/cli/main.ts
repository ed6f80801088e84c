import { RoadsideError } from '../base/errors.ts';
import { CHINESE_HINTS } from './chinese-hints.table.ts';
import type { CommandIo } from './command-io.ts';

interface Command {
  readonly usage: string;
  readonly summary: string;
  /** Loads the command only when it is called, so that `check` starts without a database or a broker. */
  readonly load: () => Promise<(args: readonly string[], io: CommandIo) => Promise<number>>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    usage: 'run SITE.yaml [--record FILE] [--drivers DIR] [--log-level LEVEL]',
    summary: 'run the gateway until it is stopped · 运行网关',
    load: async () => (await import('./commands/run.ts')).runGateway,
  },
  check: {
    usage: 'check SITE.yaml [--drivers DIR] [--json]',
    summary: 'check a site file without touching a device · 检查配置文件',
    load: async () => (await import('./commands/check.ts')).runCheck,
  },
  status: {
    usage: 'status [--socket FILE] [--json]',
    summary: 'show how a running gateway is doing · 查看运行状态',
    load: async () => (await import('./commands/status.ts')).runStatus,
  },
  scan: {
    usage: 'scan [--port PATH…] [--tcp HOST:PORT…] [--units 1-32] [--baud …] [--yes]',
    summary: 'look for cards on serial lines and Modbus TCP · 扫描总线上的设备',
    load: async () => (await import('./commands/scan.ts')).runScan,
  },
  watch: {
    usage: 'watch [--socket FILE] [--lane LANE] [--json]',
    summary: 'drive over it: live lamps of every loop · 过车测试，实时显示线圈',
    load: async () => (await import('./commands/watch.ts')).runWatch,
  },
  faults: {
    usage: 'faults [--since 24h] [--store FILE | --socket FILE] [--json]',
    summary: 'the fault journal: what was wrong, from when to when · 故障日志',
    load: async () => (await import('./commands/faults.ts')).runFaults,
  },
  audit: {
    usage: 'audit verify [--expect NUMBER:HASH] | audit list [--last N] [--json]',
    summary: 'who did what to this agent; proves that nothing was altered · 审计记录',
    load: async () => (await import('./commands/audit.ts')).runAudit,
  },
  evidence: {
    usage: 'evidence list [--json] | evidence get INCIDENT [--out DIR]',
    summary: 'pictures and clips of incidents: list, fetch and check · 事件图片和录像',
    load: async () => (await import('./commands/evidence.ts')).runEvidence,
  },
  export: {
    usage: 'export hires --from ISO --to ISO [--store FILE | --socket FILE] [--out FILE]',
    summary: 'write the high-resolution log as CSV · 导出高分辨率检测记录',
    load: async () => (await import('./commands/export.ts')).runExport,
  },
  drivers: {
    usage: 'drivers list|lint|test|new … [--drivers DIR]',
    summary: 'list, check, try and begin driver files · 设备驱动文件',
    load: async () => (await import('./commands/drivers.ts')).runDrivers,
  },
  models: {
    usage: 'models list|verify|bench|add … [--models DIR]',
    summary: 'the detector models: check, measure, add your own · 检测模型',
    load: async () => (await import('./commands/models.ts')).runModels,
  },
  demo: {
    usage: 'demo [--seconds N] [--json FILE] [--seed N]',
    summary: 'watch the gateway measure a virtual intersection · 虚拟路口演示',
    load: async () => (await import('./commands/demo.ts')).runDemo,
  },
  replay: {
    usage: 'replay RECORDING',
    summary: 'fold recorded observations into records again · 回放记录',
    load: async () => (await import('./commands/replay.ts')).runReplay,
  },
  contract: {
    usage: 'contract [--check] [--schema STREAM]',
    summary: 'write the AsyncAPI document of what is published · 生成接口文档',
    load: async () => (await import('./commands/contract.ts')).contractCommand,
  },
};

/** Runs one command line; returns the exit code. */
export async function runCli(args: readonly string[], io: CommandIo): Promise<number> {
  const [name = 'help', ...rest] = args;
  if (['help', '--help', '-h'].includes(name)) {
    io.out(usageText());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    io.error(`There is no command "${name}".\n\n${usageText()}`);
    return 2;
  }
  try {
    const run = await command.load();
    return await run(rest, io);
  } catch (error) {
    io.error(explain(error));
    return 1;
  }
}

/** An error as a technician reads it: what happened, what to do, and both again in Chinese. */
export function explain(error: unknown): string {
  if (!(error instanceof RoadsideError)) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  return [`${error.code}: ${error.message}`, `  → ${error.hint}`, `  → ${CHINESE_HINTS[error.code]}`].join(
    '\n',
  );
}

/** Two lines a command, for an 80-column terminal: how it is called, and what it does. */
export function usageText(): string {
  const lines = Object.values(COMMANDS).flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`]);
  return ['roadside: the agent in the traffic cabinet · 路侧交通采集网关', '', ...lines].join('\n');
}
