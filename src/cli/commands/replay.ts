import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { replayRecording } from '../../app/recording.ts';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { CommandIo } from '../command-io.ts';

export const REPLAY_USAGE = `roadside replay RECORDING
    RECORDING was written by roadside run --record FILE`;

/** Prints the records that a recording folds to, one JSON line each, as they were stored on the road. */
export async function runReplay(args: readonly string[], io: CommandIo): Promise<number> {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) {
    throw new RoadsideError('usage-invalid', 'expected one recording', { hint: REPLAY_USAGE });
  }
  const stream = createReadStream(file);
  const opened = new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', reject);
  });
  await opened.catch((error: unknown) => {
    throw new RoadsideError('recording-invalid', messageOf(error), {
      hint: 'Check the path of the recording.',
    });
  });
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const records of replayRecording(lines)) {
    for (const record of records) io.out(JSON.stringify(record));
  }
  return 0;
}
