import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoopOverview, Overview, WatchView } from '../../src/app/overview.ts';
import {
  askLedger,
  askOverview,
  fetchEvidence,
  listEvidence,
  watchLoops,
} from '../../src/cli/control-client.ts';
import { type ControlServer, openControlServer } from '../../src/console/control-server.ts';

let folder: string;
let server: ControlServer;
let view: WatchView;
let evidence: Map<string, Buffer>;
let rows: { readonly position: number; readonly madeAtMs: number; readonly body: string }[];

const path = (): string => join(folder, 'control.sock');

function loop(name: string, more: Partial<LoopOverview> = {}): LoopOverview {
  return {
    loop: name,
    detector: 1,
    lane: 'north-1',
    role: 'single',
    device: 'card',
    occupied: false,
    sinceMs: 0,
    lastHitMs: null,
    lastOnTimeMs: null,
    count: 0,
    lastSpeedKmh: null,
    faults: [],
    ...more,
  };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-control-'));
  view = { site: 'x', nowMs: 1000, loops: [loop('a'), loop('b')], incidents: [], faults: [] };
  rows = [];
  evidence = new Map();
  server = await openControlServer(path(), {
    overview: () => ({ site: 'x' }) as Overview,
    watch: () => view,
    readLedger: ({ stream, after, limit }) =>
      stream === 'hires' ? rows.filter(({ position }) => position > after).slice(0, limit) : [],
    audit: { read: () => [], ends: () => ({ lastNumber: 0 }) },
    listEvidence: () =>
      Promise.resolve([...evidence].map(([name, bytes]) => ({ name, bytes: bytes.length }))),
    readEvidence: (name) => {
      const bytes = evidence.get(name);
      return Promise.resolve(
        bytes === undefined ? null : Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]),
      );
    },
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Sends one line and reads until the server hangs up. */
function ask(line: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path(), () => socket.write(`${line}\n`));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

describe('the control socket', () => {
  it('answers the overview and refuses whatever it does not know, extra keys too', async () => {
    expect(await askOverview(path())).toEqual({ site: 'x' });
    for (const line of [
      '{"ask":"stop"}',
      '{"ask":"overview","and":1}',
      'overview',
      '{"ask":"ledger","stream":"outbox","fromMs":0,"toMs":1}',
    ]) {
      expect(await ask(line)).toBe('{"error":"unknown request"}\n');
    }
    expect(await ask('x'.repeat(2000))).toBe('');
  });

  it('tells a watcher everything first and then only what changed', async () => {
    const deltas = watchLoops(path());
    const first = await deltas.next();
    expect(first.value).toMatchObject({ site: 'x', loops: [{ loop: 'a' }, { loop: 'b' }], faults: [] });
    view = { ...view, nowMs: 1100, loops: [loop('a', { sinceMs: 1 }), loop('b', { count: 1 })] };
    const second = await deltas.next();
    expect(second.value).toMatchObject({ nowMs: 1100, loops: [{ loop: 'b', count: 1 }] });
    expect(second.value?.loops).toHaveLength(1);
    expect(second.value).not.toHaveProperty('faults');
    expect(second.value).not.toHaveProperty('incidents');
    const incident = { incident: 'x/1', kind: 'collision', lane: 'north-1', zone: null } as const;
    const told = { severity: 'critical', certainty: 'suspected', sinceMs: 1, files: [] } as const;
    view = { ...view, nowMs: 1200, incidents: [{ ...incident, ...told }] };
    const third = await deltas.next();
    expect(third.value).toMatchObject({ nowMs: 1200, loops: [], incidents: [incident] });
    await deltas.return(undefined);
  });

  it('says that it lives where nothing changes', async () => {
    const deltas = watchLoops(path());
    await deltas.next();
    view = { ...view, nowMs: view.nowMs + 5000 };
    expect((await deltas.next()).value).toMatchObject({ nowMs: 6000, loops: [] });
    await deltas.return(undefined);
  });

  it('drops a watcher that does not read, and serves the others', async () => {
    const slow = connect(path(), () => slow.write('{"ask":"watch"}\n'));
    slow.pause();
    const closed = new Promise<void>((resolve) => slow.once('close', () => resolve()));
    slow.on('error', () => undefined);
    const many = Array.from({ length: 2000 }, (_, index) => `loop-${index}`);
    let turn = 0;
    const busy = setInterval(() => {
      turn += 1;
      view = { ...view, nowMs: view.nowMs + 200, loops: many.map((name) => loop(name, { count: turn })) };
    }, 100);
    // The server destroys it; a paused socket learns of that by its next write.
    const nudge = setInterval(() => slow.write('\n'), 100);
    await closed;
    clearInterval(busy);
    clearInterval(nudge);
    expect(await askOverview(path())).toEqual({ site: 'x' });
  });

  it('keeps places for those who ask shortly when many stay', async () => {
    const staying: Socket[] = [];
    const refusals: string[] = [];
    for (let client = 0; client < 7; client += 1) {
      const socket = connect(path(), () => socket.write('{"ask":"watch"}\n'));
      staying.push(socket);
      const said = await new Promise<string>((resolve) =>
        socket.once('data', (bytes) => resolve(String(bytes))),
      );
      if (said.includes('too many')) refusals.push(said);
    }
    expect(refusals).toHaveLength(2);
    expect(await askOverview(path())).toEqual({ site: 'x' });
    for (const socket of staying) socket.destroy();
  });

  it('sends every record of the time that was asked for, over many pages, at the reader’s pace', async () => {
    rows = Array.from({ length: 1501 }, (_, index) => ({
      position: 2 * index + 1,
      madeAtMs: index,
      body: JSON.stringify({ seq: index, filling: 'x'.repeat(2000) }),
    }));
    const sequences: number[] = [];
    for await (const { seq } of askLedger(path(), { stream: 'hires', fromMs: 100, toMs: 1400 })) {
      sequences.push(seq);
      if (seq % 400 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(sequences).toEqual(Array.from({ length: 1301 }, (_, index) => index + 100));
    const none = askLedger(path(), { stream: 'fault', fromMs: 0, toMs: 1 });
    expect((await none.next()).done).toBe(true);
  });

  it('makes a broken-off ledger an error, never a short one', async () => {
    rows = Array.from({ length: 20_000 }, (_, index) => ({
      position: index + 1,
      madeAtMs: 1,
      body: JSON.stringify({ seq: index, filling: 'x'.repeat(1000) }),
    }));
    const records = askLedger(path(), { stream: 'hires', fromMs: 0, toMs: 2 });
    await records.next();
    await server.close();
    await expect(
      (async () => {
        for await (const _ of records);
      })(),
    ).rejects.toMatchObject({ code: 'control-unreachable' });
  });
});

describe('evidence over the control socket', () => {
  const NAME = 'x-boot-1.jpg';

  it('is listed and fetched byte for byte, however it is cut', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 123, 34, 0, 1]);
    evidence.set(NAME, bytes);
    expect(await listEvidence(path())).toEqual([{ name: NAME, bytes: 8 }]);
    const parts: Buffer[] = [];
    for await (const part of fetchEvidence(path(), NAME)) parts.push(part);
    expect(parts).toHaveLength(2);
    expect(Buffer.concat(parts)).toEqual(bytes);
  });

  it('that is not there is refused, never an empty file', async () => {
    const fetching = fetchEvidence(path(), 'x-boot-2.jpg').next();
    await expect(fetching).rejects.toThrow('evidence-missing');
    expect(await listEvidence(path())).toEqual([]);
  });
});
