import { createWriteStream, openSync } from 'node:fs';
import type { Now } from '../base/clock.ts';
import { messageOf, RoadsideError } from '../base/errors.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import type { TrafficRecord } from '../traffic/record.ts';
import { closeSite, foldSite } from '../traffic/site.ts';
import type { SiteDefinition } from '../traffic/site-definition.ts';
import { createSiteState, type EarlierRuns } from '../traffic/site-state.ts';

export const RECORDING_VERSION = 2;
/** A recording ends by itself here: a forgotten one must not fill the disk. */
const MAX_RECORDING_BYTES = 512 * 1024 * 1024;

/** First line of a recording: what the fold needs beside its input. */
interface RecordingHeader {
  readonly recording: typeof RECORDING_VERSION;
  readonly boot: string;
  readonly definition: SiteDefinition;
  readonly earlier: EarlierRuns;
}

/** Every other line: one tick of the fold, or its end. */
type RecordingLine =
  | { readonly now: Now; readonly observations: readonly Observation[] }
  | { readonly now: Now; readonly closed: true };

/** Writes what the fold is given, so that it can be folded again. NDJSON: a header, then one line per tick. */
export interface Recorder {
  tick(now: Now, observations: readonly Observation[]): void;
  close(now: Now): Promise<void>;
}

/** @throws RoadsideError recording-invalid when the file exists already or cannot be made */
export function openRecorder(file: string, header: Omit<RecordingHeader, 'recording'>): Recorder {
  const stream = createWriteStream(file, { fd: createFile(file) });
  let bytes = 0;
  let failed = false;
  stream.on('error', () => {
    failed = true;
  });
  const write = (line: RecordingHeader | RecordingLine): void => {
    if (failed || bytes > MAX_RECORDING_BYTES) return;
    const text = `${JSON.stringify(line)}\n`;
    bytes += text.length;
    stream.write(text);
  };
  write({ recording: RECORDING_VERSION, ...header });
  return {
    tick: (now, observations) => write({ now, observations }),
    close(now) {
      write({ now, closed: true });
      return new Promise((resolve) => stream.end(() => resolve()));
    },
  };
}

function createFile(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    throw new RoadsideError('recording-invalid', `cannot record to ${file}: ${messageOf(error)}`, {
      hint: 'Name a new file in a folder that the user of the gateway may write to; a recording is never overwritten.',
      cause: error,
    });
  }
}

/**
 * Folds a recording again: the same records, byte for byte, as the road made.
 *
 * @param lines the recording's lines, without line ends
 * @throws RoadsideError recording-invalid naming the line
 */
export async function* replayRecording(
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<readonly TrafficRecord[]> {
  let number = 0;
  let definition: SiteDefinition | null = null;
  let state = createSiteState('');
  for await (const text of lines) {
    number += 1;
    if (definition === null) {
      const header = parseHeader(text);
      definition = header.definition;
      state = createSiteState(header.boot, header.earlier);
      continue;
    }
    const line = parseLine(text, number);
    const fold =
      'closed' in line
        ? closeSite(definition, state, line.now)
        : foldSite(definition, state, line.observations, line.now);
    state = fold.state;
    if (fold.records.length > 0) yield fold.records;
  }
  if (definition === null) throw invalid(1, 'the file is empty');
}

function parseHeader(text: string): RecordingHeader {
  const value = parseJson(text, 1);
  if (
    value['recording'] !== RECORDING_VERSION ||
    typeof value['boot'] !== 'string' ||
    !isObject(value['definition']) ||
    !isObject(value['earlier'])
  ) {
    throw invalid(1, `not the header of a version ${RECORDING_VERSION} recording`);
  }
  return value as unknown as RecordingHeader;
}

function parseLine(text: string, number: number): RecordingLine {
  const value = parseJson(text, number);
  const now = value['now'];
  const whole = isObject(now) && typeof now['monoMs'] === 'number' && typeof now['wallMs'] === 'number';
  if (!whole || !(Array.isArray(value['observations']) || value['closed'] === true)) {
    throw invalid(number, 'neither a tick nor the end');
  }
  return value as unknown as RecordingLine;
}

function parseJson(text: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // said below: whatever is wrong with the line, the technician needs its number
  }
  throw invalid(number, 'not a JSON object');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(number: number, problem: string): RoadsideError {
  return new RoadsideError('recording-invalid', `line ${number}: ${problem}`, {
    hint: 'Use a file that `roadside run --record FILE` wrote; a recording cut off by a crash can be used up to its last whole line.',
  });
}
