import { MS_PER_S } from '../../base/units.ts';
import type { AccessUnit } from './access-units.ts';

/**
 * Which picture of a clip a camera shows when. Before `play` it repeats the first group of pictures, an empty
 * road; from the next group border after `play` it shows the clip from its start, again and again.
 * Every picture is due at a whole number of frame times after the start, so pacing cannot drift.
 */
export interface ClipTimeline {
  /** Monotonic ms at which the next picture is due. */
  readonly dueAtMs: number;
  /** When the clip's first picture was due the first time; null before. */
  readonly clipStartedAtMs: number | null;
  /** Index of the picture that is due, and on to the next. */
  advance(): number;
  play(): void;
}

export function createClipTimeline(options: {
  readonly units: readonly AccessUnit[];
  readonly framesPerSecond: number;
  readonly startedAtMs: number;
}): ClipTimeline {
  const { units, framesPerSecond, startedAtMs } = options;
  const secondKey = units.findIndex((unit, index) => index > 0 && unit.key);
  const groupLength = secondKey < 0 ? units.length : secondKey;
  let shown = 0;
  let clipStart: number | null = null;
  let playRequested = false;
  const dueAtMs = (picture: number): number => startedAtMs + (picture * MS_PER_S) / framesPerSecond;
  return {
    get dueAtMs() {
      return dueAtMs(shown);
    },
    get clipStartedAtMs() {
      return clipStart === null ? null : dueAtMs(clipStart);
    },
    advance() {
      if (clipStart === null && playRequested && shown % groupLength === 0) clipStart = shown;
      const index = clipStart === null ? shown % groupLength : (shown - clipStart) % units.length;
      shown += 1;
      return index;
    },
    play() {
      playRequested = true;
    },
  };
}
