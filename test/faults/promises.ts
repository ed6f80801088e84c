import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/** What programs/writer.ts has promised up to a moment. */
export interface Promises {
  /** Commits that have returned. */
  readonly stored: number;
  readonly delivered: readonly { readonly id: string; readonly body: string }[];
  /** Of the deliveries, those whose acknowledgement is on the disk. */
  readonly acknowledged: number;
}

/** Reads the promises file on from where the last call stopped. */
export function createPromiseReader(file: string): { read(): Promises } {
  let read = 0;
  let rest = '';
  let stored = 0;
  let acknowledged = 0;
  const delivered: { id: string; body: string }[] = [];
  const take = (line: string): void => {
    const [kind, first = '', ...more] = line.split(' ');
    if (kind === 'S') stored = Number(first);
    else if (kind === 'K') acknowledged = Number(first);
    else if (kind === 'D') delivered.push({ id: first, body: more.join(' ') });
  };
  return {
    read() {
      if (existsSync(file)) {
        const bytes = Buffer.alloc(statSync(file).size - read);
        const handle = openSync(file, 'r');
        read += readSync(handle, bytes, 0, bytes.length, read);
        closeSync(handle);
        const lines = (rest + bytes.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) take(line);
      }
      return { stored, acknowledged, delivered: [...delivered] };
    },
  };
}
