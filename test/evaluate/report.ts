import { type JudgedClip, type JudgedLine, ratesOf } from './judge-clip.ts';
import type { JudgedEvent } from './match-incidents.ts';

export interface ClipReport extends JudgedClip {
  /** The same figures against a shifted truth: what chance alone matches. */
  readonly control: readonly JudgedLine[];
  /** Pictures decoded, detected, tracked and folded in a second. */
  readonly framesPerSecond: number;
}

export interface CountTotals {
  readonly truth: number;
  readonly matched: number;
  readonly missed: number;
  readonly extra: number;
  readonly precision: number | null;
  readonly recall: number | null;
}

export interface Totals {
  readonly clips: number;
  readonly crossings: CountTotals;
  /** Against the shifted truth. */
  readonly control: CountTotals;
  readonly events: {
    /** That are not benign. */
    readonly truth: number;
    readonly inTime: number;
    /** Of those not in time: the clip ends before the dwell time has passed. */
    readonly tooShort: number;
  };
  readonly falseIncidents: number;
}

export function totalsOf(clips: readonly ClipReport[]): Totals {
  const events = clips.flatMap((clip) => clip.events).filter(({ benign }) => !benign);
  return {
    clips: clips.length,
    crossings: countTotals(clips.flatMap(({ lines }) => lines)),
    control: countTotals(clips.flatMap(({ control }) => control)),
    events: {
      truth: events.length,
      inTime: events.filter(({ inTime }) => inTime).length,
      tooShort: events.filter(({ inTime, judgeable }) => !inTime && !judgeable).length,
    },
    falseIncidents: clips.reduce((sum, clip) => sum + clip.falseIncidents, 0),
  };
}

function countTotals(lines: readonly JudgedLine[]): CountTotals {
  const sum = (of: (line: JudgedLine) => number): number =>
    lines.reduce((total, line) => total + of(line), 0);
  const counts = {
    truth: sum(({ truth }) => truth),
    matched: sum(({ matched }) => matched),
    missed: sum(({ missed }) => missed),
    extra: sum(({ extra }) => extra),
  };
  return { ...counts, ...ratesOf(counts) };
}

export function reportClip(report: ClipReport): readonly string[] {
  const { clip, drawn, lines, events, falseAt, framesPerSecond } = report;
  return [
    `${clip}   ${framesPerSecond} pictures/s${drawn ? '' : '   no scene: lines of the truth'}`,
    ...lines.map(
      (line) =>
        `  ${line.id} ${line.direction}: truth ${line.truth}, matched ${line.matched}, ` +
        `missed ${line.missed}${times(line.missedAt)}, extra ${line.extra}${times(line.extraAt)}`,
    ),
    ...events.map(
      (event) =>
        `  ${event.type}${event.benign ? ' (benign)' : ''} from ${event.truthStart} s: ` +
        `${event.openedAt === null ? 'not opened' : `opened at ${event.openedAt} s`}${remarkOn(event)}`,
    ),
    ...falseAt.map((incident) => `  FALSE ${incident.kind} in ${incident.lane} at ${incident.openedAt} s`),
  ];
}

function remarkOn({ kind, judgeable }: JudgedEvent): string {
  if (kind === null) return ' (no incident is about such an event)';
  return judgeable ? '' : ' (the clip ends before its dwell time)';
}

function times(moments: readonly number[]): string {
  return moments.length === 0 ? '' : ` [${moments.join(' ')}]`;
}

export function reportTotals(totals: Totals): readonly string[] {
  const { crossings, control, events } = totals;
  const counts = (of: CountTotals): string =>
    `truth ${of.truth}, matched ${of.matched}, missed ${of.missed}, extra ${of.extra}, ` +
    `recall ${of.recall}, precision ${of.precision}`;
  return [
    `total of ${totals.clips} clips`,
    `  crossings: ${counts(crossings)}`,
    `  control, truth shifted by half a clip: ${counts(control)}`,
    `  events: ${events.inTime} of ${events.truth} in time, ${events.tooShort} too short for their dwell time`,
    `  false incidents: ${totals.falseIncidents}`,
  ];
}
