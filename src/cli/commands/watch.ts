import { parseArgs } from 'node:util';
import type { FaultOverview, IncidentOverview, LoopOverview, WatchView } from '../../app/overview.ts';
import { monotonicMs } from '../../base/clock.ts';
import { RoadsideError } from '../../base/errors.ts';
import type { WatchDelta } from '../../console/watchers.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage } from '../command-options.ts';
import { DEFAULT_SOCKET, watchLoops } from '../control-client.ts';
import { createLiveScreen } from '../live-screen.ts';
import { faultChangeLine, incidentChangeLine, lampBoard, lampLine } from '../watch/lamp-board.ts';

export const WATCH_USAGE = 'roadside watch [--socket FILE] [--lane LANE] [--json]';
/** Ages go on while nothing happens. */
const REDRAW_EVERY_MS = 1000;
const DEFAULT_ROWS = 24;
const NO_LOOPS =
  'This site has no loops. What its cameras count: watch -n 2 roadside status.\n本站没有线圈；摄像机计数请运行 watch -n 2 roadside status。';

/** Shows what every loop does, live, until Ctrl-C; 1 when the gateway goes away. */
export async function runWatch(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseWatchArgs(args);
  const show = options.json ? jsonLines(io) : process.stdout.isTTY ? liveBoard(io) : plainLines(io);
  const view = createView(options.lane);
  const seenAt = { monoMs: monotonicMs(), wallMs: 0 };
  const redraw = setInterval(() => {
    const nowMs = seenAt.wallMs + monotonicMs() - seenAt.monoMs;
    if (seenAt.wallMs > 0) show.again({ ...view.whole(), nowMs });
  }, REDRAW_EVERY_MS);
  try {
    for await (const delta of watchLoops(options.socket)) {
      Object.assign(seenAt, { monoMs: monotonicMs(), wallMs: delta.nowMs });
      show.change(view.take(delta), view.whole());
    }
  } finally {
    clearInterval(redraw);
  }
  io.error('The gateway has ended. 网关已停止。');
  return 1;
}

/** What is new, within the lane that is watched. */
interface Change {
  readonly nowMs: number;
  readonly loops: readonly LoopOverview[];
  readonly incidents: readonly IncidentChange[];
  readonly opened: readonly FaultOverview[];
  readonly closed: readonly FaultOverview[];
}

interface IncidentChange {
  readonly phase: 'open' | 'update' | 'close';
  readonly incident: IncidentOverview;
}

interface Show {
  change(change: Change, whole: WatchView): void;
  /** Nothing happened, but time has passed. */
  again(whole: WatchView): void;
}

function createView(lane: string | null): { take(delta: WatchDelta): Change; whole(): WatchView } {
  const loops = new Map<string, LoopOverview>();
  let site = '';
  let nowMs = 0;
  let incidents: readonly IncidentOverview[] = [];
  let faults: readonly FaultOverview[] = [];
  const isWatched = (loop: LoopOverview): boolean => lane === null || loop.lane === lane;
  const keyOf = ({ layer, sensor, code }: FaultOverview): string => `${layer}/${sensor}/${code}`;
  return {
    take(delta) {
      ({ site, nowMs } = delta);
      const changed = delta.loops.filter(isWatched);
      // The first line holds every loop.
      if (loops.size + changed.length === 0) throw noLoops(lane, delta.loops);
      for (const loop of changed) loops.set(loop.loop, loop);
      const incidentsBefore = incidents;
      incidents = delta.incidents?.filter((each) => lane === null || each.lane === lane) ?? incidents;
      const before = faults;
      const touches = ({ lanes }: FaultOverview): boolean => lane === null || lanes.includes(lane);
      faults = delta.faults?.filter(touches) ?? before;
      const keys = (list: readonly FaultOverview[]) => new Set(list.map(keyOf));
      return {
        nowMs,
        loops: changed,
        incidents: incidentChanges(incidentsBefore, incidents),
        opened: faults.filter((fault) => !keys(before).has(keyOf(fault))),
        closed: before.filter((fault) => !keys(faults).has(keyOf(fault))),
      };
    },
    whole: () => ({ site, nowMs, loops: [...loops.values()], incidents, faults }),
  };
}

function incidentChanges(
  before: readonly IncidentOverview[],
  now: readonly IncidentOverview[],
): readonly IncidentChange[] {
  const known = new Map(before.map((each) => [each.incident, JSON.stringify(each)]));
  const there = new Set(now.map((each) => each.incident));
  const told = now.filter((each) => known.get(each.incident) !== JSON.stringify(each));
  const over = before.filter((each) => !there.has(each.incident));
  return [
    ...told.map(
      (incident) => ({ phase: known.has(incident.incident) ? 'update' : 'open', incident }) as const,
    ),
    ...over.map((incident) => ({ phase: 'close', incident }) as const),
  ];
}

function noLoops(lane: string | null, loops: readonly LoopOverview[]): RoadsideError {
  const lanes = [...new Set(loops.map((loop) => loop.lane))];
  const asked = lane === null ? 'no lane' : `no lane ${lane}`;
  return new RoadsideError('usage-invalid', `there is ${asked} with loops`, {
    hint: lanes.length === 0 ? NO_LOOPS : `Lanes: ${lanes.join(', ')}.`,
  });
}

function liveBoard(io: CommandIo): Show {
  const screen = createLiveScreen(io);
  const show = (whole: WatchView): void =>
    screen.show(lampBoard(whole, { rows: process.stdout.rows ?? DEFAULT_ROWS }));
  return { change: (_, whole) => show(whole), again: show };
}

function plainLines(io: CommandIo): Show {
  return {
    change({ nowMs, loops, incidents, opened, closed }) {
      for (const loop of loops) io.out(lampLine(loop, nowMs));
      for (const { phase, incident } of incidents) {
        io.out(incidentChangeLine(incident, nowMs, phase !== 'close'));
      }
      for (const fault of opened) io.out(faultChangeLine(fault, nowMs, true).join('\n'));
      for (const fault of closed) io.out(faultChangeLine(fault, nowMs, false).join('\n'));
    },
    again: () => undefined,
  };
}

function jsonLines(io: CommandIo): Show {
  return {
    change({ nowMs, loops, incidents, opened, closed }) {
      for (const loop of loops) io.out(JSON.stringify({ nowMs, loop }));
      for (const change of incidents) io.out(JSON.stringify({ nowMs, ...change }));
      for (const fault of opened) io.out(JSON.stringify({ nowMs, fault, phase: 'open' }));
      for (const fault of closed) io.out(JSON.stringify({ nowMs, fault, phase: 'close' }));
    },
    again: () => undefined,
  };
}

function parseWatchArgs(args: readonly string[]) {
  return parseUsage(WATCH_USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        socket: { type: 'string', default: DEFAULT_SOCKET },
        lane: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    return { ...values, lane: values.lane ?? null };
  });
}
