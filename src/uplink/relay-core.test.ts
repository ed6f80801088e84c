import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outbox, OutboxRow, PendingQuery } from '../store/outbox.ts';
import { relayClassOf } from '../store/relay-class.ts';
import type { StreamName } from '../traffic/stored-record.ts';
import {
  type Backlog,
  createRelayCore,
  REFUSALS_BEFORE_HOLD,
  type ReadableOutbox,
  type RelayCore,
} from './relay-core.ts';

/** An outbox in memory with the rules of the real one. */
function createMemoryOutbox() {
  const rows = new Map<number, OutboxRow>();
  let last = 0;
  const outbox = {
    rows,
    generation: 0,
    /** A row that was saved of a damaged file: it lies before those that were stored since. */
    restore(position: number, stream: StreamName): void {
      rows.set(position, { position, id: `id-${position}`, stream, madeAtMs: 0, body: '{}' });
      outbox.generation += 1;
    },
    append(stream: StreamName): void {
      last += 1;
      rows.set(last, { position: last, id: `id-${last}`, stream, madeAtMs: 0, body: '{}' });
    },
    forget(positions: readonly number[]): void {
      for (const position of positions) rows.delete(position);
    },
    pending: ({ class: wanted, after, upTo = Infinity, limit }: PendingQuery): readonly OutboxRow[] =>
      [...rows.values()]
        .filter(
          ({ stream, position }) => relayClassOf(stream) === wanted && position > after && position <= upTo,
        )
        .sort((a, b) => a.position - b.position)
        .slice(0, limit),
  } satisfies Pick<Outbox, 'pending' | 'generation'> & Record<string, unknown>;
  return outbox;
}

const ALL = 1000;
const NO_BACKLOG: Backlog = { upTo: 0, limit: 0 };

function taken(
  core: RelayCore,
  outbox: ReadableOutbox,
  limit: number,
  backlog: Backlog = NO_BACKLOG,
): readonly OutboxRow[] {
  return core.take(outbox, limit, backlog).map(({ row }) => row);
}

const positionsOf = (rows: readonly OutboxRow[]): number[] => rows.map((row) => row.position);

function forgetAccepted(core: RelayCore, outbox: ReturnType<typeof createMemoryOutbox>): void {
  outbox.forget(core.toAcknowledge);
  core.acknowledged();
}

describe('the relay', () => {
  it('sends what is live before the backlog, and of that no more than is asked for', () => {
    const outbox = createMemoryOutbox();
    for (let row = 1; row <= 6; row += 1) outbox.append('flow');
    outbox.append('incident');
    const core = createRelayCore();
    core.connected(100);
    const sendings = core.take(outbox, ALL, { upTo: 4, limit: 3 });
    expect(sendings.map(({ row, replayed }) => [row.position, replayed])).toEqual([
      [7, false],
      [5, false],
      [6, false],
      [1, true],
      [2, true],
      [3, true],
    ]);
    expect(positionsOf(taken(core, outbox, ALL, { upTo: 6, limit: 3 }))).toEqual([4]);
  });

  it('does not let an old incident wait with the backlog', () => {
    const outbox = createMemoryOutbox();
    outbox.append('flow');
    outbox.append('incident');
    const core = createRelayCore();
    core.connected(100);
    const sendings = core.take(outbox, ALL, { upTo: 2, limit: 0 });
    expect(sendings.map(({ row, replayed }) => [row.position, replayed])).toEqual([[2, true]]);
  });

  it('hands live rows that grew old on the way over to the backlog, once', () => {
    const outbox = createMemoryOutbox();
    for (let row = 1; row <= 4; row += 1) outbox.append('flow');
    const core = createRelayCore();
    core.connected(1);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([1]);
    core.accepted(1);
    outbox.forget([1]);
    core.acknowledged();
    const sendings = core.take(outbox, ALL, { upTo: 3, limit: 10 });
    expect(sendings.map(({ row, replayed }) => [row.position, replayed])).toEqual([[4, false]]);
    core.accepted(4);
    forgetAccepted(core, outbox);
    expect(positionsOf(taken(core, outbox, ALL, { upTo: 3, limit: 10 }))).toEqual([2]);
  });

  it('reads again from the oldest row when older ones have come in, and sends none twice', () => {
    const outbox = createMemoryOutbox();
    outbox.restore(10, 'flow');
    outbox.restore(11, 'flow');
    const core = createRelayCore();
    core.connected(100);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([10, 11]);
    core.accepted(10);
    outbox.restore(3, 'flow');
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([3]);
  });

  it('sends nothing before a connection and nothing after it', () => {
    const outbox = createMemoryOutbox();
    outbox.append('flow');
    const core = createRelayCore();
    expect(taken(core, outbox, ALL)).toEqual([]);
    core.connected(10);
    core.disconnected();
    expect(taken(core, outbox, ALL)).toEqual([]);
  });

  it('lets a new incident overtake a backlog of passages', () => {
    const outbox = createMemoryOutbox();
    for (let n = 0; n < 6; n += 1) outbox.append('passage');
    const core = createRelayCore();
    core.connected(2);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([1, 2]);
    outbox.append('incident');
    core.accepted(1);
    forgetAccepted(core, outbox);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([7]);
  });

  it('sends on while accepted rows wait to be forgotten, never those again, and stops when a window waits', () => {
    const outbox = createMemoryOutbox();
    for (let n = 0; n < 4; n += 1) outbox.append('flow');
    const core = createRelayCore();
    core.connected(2);
    expect(positionsOf(taken(core, outbox, 1))).toEqual([1]);
    core.accepted(1);
    expect(core.isFull).toBe(false);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([2]);
    expect(core.isFull).toBe(true);
    core.accepted(2);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([]);
    expect(core.toAcknowledge).toEqual([1, 2]);
    forgetAccepted(core, outbox);
    expect(core.isFull).toBe(false);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([3, 4]);
  });

  it('starts with one row after a connection that broke with rows unanswered', () => {
    const outbox = createMemoryOutbox();
    for (let n = 0; n < 9; n += 1) outbox.append('flow');
    const core = createRelayCore();
    core.connected(4);
    expect(taken(core, outbox, ALL)).toHaveLength(4);
    core.disconnected();
    core.connected(4);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([1]);
    core.accepted(1);
    forgetAccepted(core, outbox);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([2, 3]);
  });

  it('steps over a refused row, also on the next connection, until it is time to offer it again', () => {
    const outbox = createMemoryOutbox();
    for (let n = 0; n < 3; n += 1) outbox.append('flow');
    const core = createRelayCore();
    core.connected(1);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([1]);
    core.refused(1);
    core.disconnected();
    core.connected(1);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([2]);
    core.accepted(2);
    forgetAccepted(core, outbox);
    core.retryRefused();
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([1]);
  });

  it('takes it for a refusal when the broker hangs up twice over a row that went alone', () => {
    const outbox = createMemoryOutbox();
    for (let n = 0; n < 3; n += 1) outbox.append('flow');
    const core = createRelayCore();
    core.connected(3);
    taken(core, outbox, ALL);
    core.disconnected(true);
    for (let time = 0; time < 2; time += 1) {
      core.connected(3);
      expect(positionsOf(taken(core, outbox, ALL))).toEqual([1]);
      expect(core.holdsBack).toBe(false);
      core.disconnected(true);
    }
    core.connected(3);
    expect(core.holdsBack).toBe(true);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([2]);
    core.retryRefused();
    core.accepted(2);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([1, 3]);
  });

  it('sends one row alone until one is accepted, even if a connection in between carried nothing', () => {
    const outbox = createMemoryOutbox();
    for (let n = 0; n < 3; n += 1) outbox.append('flow');
    const core = createRelayCore();
    core.connected(3);
    taken(core, outbox, ALL);
    core.disconnected();
    core.connected(3);
    core.disconnected();
    core.connected(3);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([1]);
    core.accepted(1);
    forgetAccepted(core, outbox);
    core.disconnected();
    core.connected(3);
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([2, 3]);
  });

  it('blames no row for a link that keeps breaking', () => {
    const outbox = createMemoryOutbox();
    outbox.append('flow');
    const core = createRelayCore();
    for (let time = 0; time < 9; time += 1) {
      core.connected(3);
      expect(positionsOf(taken(core, outbox, ALL))).toEqual([1]);
      core.disconnected(false);
    }
  });

  it.each([
    { name: 'while the link is down', retryFirst: true },
    { name: 'on the next connection', retryFirst: false },
  ])('offers a refused row once when its time comes $name', ({ retryFirst }) => {
    const outbox = createMemoryOutbox();
    outbox.append('flow');
    const core = createRelayCore();
    core.connected(4);
    taken(core, outbox, ALL);
    core.refused(1);
    if (retryFirst) core.retryRefused();
    core.disconnected();
    core.connected(4);
    if (!retryFirst) core.retryRefused();
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([1]);
  });

  it('stops offering a class that is refused wholesale, and goes on with the others', () => {
    const outbox = createMemoryOutbox();
    for (let n = 0; n < 40; n += 1) outbox.append('incident');
    outbox.append('passage');
    const core = createRelayCore();
    core.connected(1);
    for (let n = 0; n < REFUSALS_BEFORE_HOLD; n += 1) {
      for (const row of taken(core, outbox, ALL)) core.refused(row.position);
    }
    expect(positionsOf(taken(core, outbox, ALL))).toEqual([41]);
  });
});

type Step =
  | { readonly kind: 'append'; readonly stream: StreamName }
  | { readonly kind: 'take'; readonly limit: number }
  | { readonly kind: 'answer'; readonly pick: number; readonly accept: boolean }
  | { readonly kind: 'forget' | 'disconnect' | 'connect' | 'retry' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), stream: streams() }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('take' as const), limit: fc.integer({ min: 1, max: 8 }) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('answer' as const),
        pick: fc.nat(),
        accept: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('forget', 'disconnect', 'connect', 'retry') }),
    },
  ),
  { maxLength: 120 },
);

function streams(): fc.Arbitrary<StreamName> {
  return fc.constantFrom<StreamName>('passage', 'flow', 'incident', 'fault');
}

/** A broker that answers as the steps say, and the bookkeeping of what it has taken. */
function createWorld(window: number) {
  const outbox = createMemoryOutbox();
  const core = createRelayCore();
  const world = {
    outbox,
    core,
    online: false,
    /** Stream of each appended row; its position is the index plus one. */
    streams: [] as StreamName[],
    underWay: [] as number[],
    deliveries: [] as number[],
    interruptions: 0,
    apply(step: Step): void {
      if (step.kind === 'append') world.append(step.stream);
      else if (step.kind === 'take') world.take(step.limit);
      else if (step.kind === 'answer')
        world.answer(step.pick % Math.max(1, world.underWay.length), step.accept);
      else if (step.kind === 'forget') forgetAccepted(core, outbox);
      else if (step.kind === 'disconnect') world.disconnect();
      else if (step.kind === 'connect') world.connect();
      else core.retryRefused();
    },
    append(stream: StreamName): void {
      outbox.append(stream);
      world.streams.push(stream);
    },
    connect(): void {
      if (world.online) return;
      world.online = true;
      core.connected(window);
    },
    take(limit: number): void {
      const rows = positionsOf(taken(core, outbox, limit));
      expect(rows.length).toBeLessThanOrEqual(limit);
      world.underWay.push(...rows);
      expect(new Set(world.underWay).size).toBe(world.underWay.length);
      expect(core.inFlight).toBeLessThanOrEqual(window);
    },
    answer(index: number, accept: boolean): void {
      const [position] = world.underWay.splice(index, 1);
      if (position === undefined) return;
      if (accept) {
        world.deliveries.push(position);
        core.accepted(position);
      } else {
        core.refused(position);
      }
    },
    /** Of what was under way the broker got the first part, and its answers were lost. */
    disconnect(): void {
      if (!world.online) return;
      world.online = false;
      world.interruptions += 1;
      world.deliveries.push(...world.underWay.slice(0, Math.ceil(world.underWay.length / 2)));
      world.underWay = [];
      forgetAccepted(core, outbox);
      core.disconnected();
    },
    /** A good connection at last. */
    drain(): void {
      world.connect();
      for (let turn = 0; turn < 10_000 && outbox.rows.size > 0; turn += 1) {
        core.retryRefused();
        world.take(ALL);
        while (world.underWay.length > 0) world.answer(0, true);
        forgetAccepted(core, outbox);
      }
    },
  };
  return world;
}

describe('whatever the link and the broker do', () => {
  const windows = fc.integer({ min: 1, max: 6 });

  it('every row is delivered in the end, none is under way twice, and the window holds', () => {
    fc.assert(
      fc.property(windows, steps, (window, taken) => {
        const world = createWorld(window);
        for (const step of taken) world.apply(step);
        world.drain();
        expect(world.outbox.rows.size).toBe(0);
        expect(new Set(world.deliveries).size).toBe(world.streams.length);
      }),
      { numRuns: 500 },
    );
  });

  it('repeats at most one window of rows for each interruption', () => {
    fc.assert(
      fc.property(windows, steps, (window, taken) => {
        const world = createWorld(window);
        for (const step of taken) world.apply(step);
        world.drain();
        const repeated = world.deliveries.length - new Set(world.deliveries).size;
        expect(repeated).toBeLessThanOrEqual(window * world.interruptions);
      }),
      { numRuns: 500 },
    );
  });

  it('each stream arrives in order as long as nothing is refused', () => {
    const answersInOrder = steps.map((taken) =>
      taken.map((step): Step => (step.kind === 'answer' ? { kind: 'answer', pick: 0, accept: true } : step)),
    );
    fc.assert(
      fc.property(windows, answersInOrder, (window, taken) => {
        const world = createWorld(window);
        for (const step of taken) world.apply(step);
        const streamOf = new Map([...world.outbox.rows.values()].map((row) => [row.position, row.stream]));
        world.drain();
        for (const stream of new Set(streamOf.values())) {
          const arrived = [...new Set(world.deliveries)].filter(
            (position) => streamOf.get(position) === stream,
          );
          expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });
});
