import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCanogaDevice } from '../../../simulator/devices/canoga-device.ts';
import type { LoopTransition, Observation } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import { createCanogaSession } from './canoga.ts';

const ADDRESS = 3;
const WALL_MS = Date.UTC(2026, 4, 1);

function plan(everyMs = 1000): FrameDevicePlan {
  return {
    id: 'card',
    address: ADDRESS,
    identity: null,
    responseTimeoutMs: 500,
    turnaroundMs: 0,
    everyMs,
    codec: { name: 'canoga' },
    channels: [1, 2, 3, 4].map((channel) => ({ channel, loop: `loop-${channel}` })),
  };
}

const RECORD_BYTES = 9;

/** A card and a session on one line; the answer takes 10 ms. */
function openLine(poweredUpAtMs = 0) {
  const card = createCanogaDevice({ address: ADDRESS, poweredUpAtMs });
  const session = createCanogaSession(plan());
  return {
    card,
    session,
    poll(monoMs: number) {
      const query = session.ask(0, { monoMs, wallMs: WALL_MS + monoMs });
      const at = { monoMs: monoMs + 10, wallMs: WALL_MS + monoMs + 10 };
      return card.receive(query, monoMs + 5).flatMap((reply) => session.receive(reply, at));
    },
  };
}

type Said = ReturnType<ReturnType<typeof openLine>['poll']>;

function observationsIn(said: Said): readonly Observation[] {
  return said.flatMap((it) => (it.kind === 'observations' ? it.observations : []));
}

function edgesIn(said: Said): readonly LoopTransition[] {
  return observationsIn(said).filter((it) => it.kind === 'loop-transition');
}

interface Vehicle {
  readonly loop: string;
  readonly onMs: number;
  readonly offMs: number;
}

const VEHICLES = fc.array(
  fc.record({
    channel: fc.integer({ min: 1, max: 4 }),
    gapMs: fc.integer({ min: 1100, max: 9000 }),
    durationMs: fc.integer({ min: 40, max: 6000 }),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Lays the vehicles of each channel one behind the other. */
function schedule(drawn: readonly { channel: number; gapMs: number; durationMs: number }[]) {
  const freeMs = new Map<number, number>();
  return drawn.map(({ channel, gapMs, durationMs }) => {
    const onMs = (freeMs.get(channel) ?? 2000) + gapMs;
    freeMs.set(channel, onMs + durationMs);
    return { channel, loop: `loop-${channel}`, onMs, offMs: onMs + durationMs };
  });
}

describe('a Canoga card', () => {
  it('tells the vehicles that drove over it, each with its own stamps, whatever its clock says', () => {
    fc.assert(
      fc.property(VEHICLES, fc.constantFrom(0, -86_400_000, 20_000 - 2 ** 32), (drawn, poweredUpAtMs) => {
        const { card, poll } = openLine(poweredUpAtMs);
        const vehicles = schedule(drawn);
        const edges = vehicles
          .flatMap(({ channel, onMs, offMs }) => [
            { channel, occupied: true, atMs: onMs },
            { channel, occupied: false, atMs: offMs },
          ])
          .sort((one, other) => one.atMs - other.atMs);
        const said: LoopTransition[] = [];
        const endMs = Math.max(...vehicles.map((it) => it.offMs)) + 2000;
        for (let monoMs = 0; monoMs < endMs; monoMs += 1000) {
          while ((edges[0]?.atMs ?? Infinity) <= monoMs + 5) {
            const edge = edges.shift();
            if (edge !== undefined) card.setOccupied(edge.channel, edge.occupied, edge.atMs);
          }
          said.push(...edgesIn(poll(monoMs)));
        }
        expect(said).toHaveLength(vehicles.length * 2);
        for (const vehicle of vehicles) expectTold(said, vehicle);
      }),
    );
  });

  function expectTold(said: readonly LoopTransition[], { loop, onMs, offMs }: Vehicle): void {
    const isNear = (edge: LoopTransition, atMs: number): boolean =>
      edge.loop === loop && Math.abs(edge.atMs - atMs) <= (edge.clockUncertaintyMs ?? 0);
    const told = said.findIndex((edge, index) => {
      const off = said.slice(index + 1).find((it) => it.loop === loop);
      return edge.occupied && isNear(edge, onMs) && off !== undefined && !off.occupied && isNear(off, offMs);
    });
    expect(told, `${loop} ${onMs}-${offMs}`).not.toBe(-1);
  }

  it('knows the time between two loops of a lane far better than when it was', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gapMs: fc.integer({ min: 2000, max: 6000 }),
            travelMs: fc.integer({ min: 200, max: 900 }),
          }),
          { minLength: 20, maxLength: 40 },
        ),
        (vehicles) => {
          const { card, poll } = openLine(-86_400_000);
          let frontMs = 2000;
          const crossings = vehicles.map(({ gapMs, travelMs }) => {
            frontMs += gapMs;
            return { frontMs, travelMs };
          });
          const edges = crossings
            .flatMap((it) => [
              { channel: 1, occupied: true, atMs: it.frontMs },
              { channel: 1, occupied: false, atMs: it.frontMs + 500 },
              { channel: 2, occupied: true, atMs: it.frontMs + it.travelMs },
              { channel: 2, occupied: false, atMs: it.frontMs + it.travelMs + 500 },
            ])
            .sort((one, other) => one.atMs - other.atMs);
          const said: LoopTransition[] = [];
          for (let monoMs = 0; monoMs < frontMs + 4000; monoMs += 500) {
            while ((edges[0]?.atMs ?? Infinity) <= monoMs + 5) {
              const edge = edges.shift();
              if (edge !== undefined) card.setOccupied(edge.channel, edge.occupied, edge.atMs);
            }
            said.push(...edgesIn(poll(monoMs)));
          }
          const onAt = (loop: string) => said.filter((it) => it.loop === loop && it.occupied);
          const [entries, exits] = [onAt('loop-1'), onAt('loop-2')];
          expect([entries.length, exits.length]).toEqual([vehicles.length, vehicles.length]);
          crossings.forEach(({ travelMs }, index) => {
            const [entry, exit] = [entries[index], exits[index]];
            if (entry === undefined || exit === undefined) throw new Error('an edge is missing');
            const openMs = entry.uncertaintyMs + exit.uncertaintyMs;
            expect(Math.abs(exit.atMs - entry.atMs - travelMs)).toBeLessThanOrEqual(openMs);
          });
          const [sharpest] = exits
            .slice(10)
            .toSorted((one, other) => one.uncertaintyMs - other.uncertaintyMs);
          expect(sharpest?.uncertaintyMs).toBeLessThan((sharpest?.clockUncertaintyMs ?? 0) / 4);
        },
      ),
    );
  });

  it('claims nothing on the first poll: nobody knows when that vehicle was', () => {
    const { card, poll } = openLine();
    card.setOccupied(1, true, 100);
    card.setOccupied(1, false, 400);
    expect(poll(1000)).toEqual([{ kind: 'answered', exchange: 0 }]);
    card.setOccupied(1, true, 1500);
    card.setOccupied(1, false, 1800);
    expect(edgesIn(poll(2000))).toHaveLength(2);
  });

  it('shows one vehicle of several between two polls, and counts the others', () => {
    const { card, poll } = openLine();
    poll(0);
    poll(1000);
    for (const onMs of [1100, 1300, 1500]) {
      card.setOccupied(2, true, onMs);
      card.setOccupied(2, false, onMs + 100);
    }
    const said = poll(2000);
    expect(edgesIn(said)).toHaveLength(2);
    const counters = observationsIn(said).find((it) => it.kind === 'loop-counters' && it.loop === 'loop-2');
    expect(counters).toMatchObject({ count: 3, bits: 8 });
  });

  it('tells the edges of all channels in order of time', () => {
    const { card, poll } = openLine();
    poll(0);
    poll(1000);
    card.setOccupied(4, true, 1100);
    card.setOccupied(1, true, 1200);
    card.setOccupied(1, false, 1500);
    card.setOccupied(4, false, 1600);
    const edges = edgesIn(poll(2000));
    expect(edges.map(({ loop, occupied }) => `${loop}${occupied ? '+' : '-'}`)).toEqual([
      'loop-4+',
      'loop-1+',
      'loop-1-',
      'loop-4-',
    ]);
  });

  it('goes on after 255 vehicles', () => {
    const { card, poll } = openLine();
    const counts: number[] = [];
    let vehicles = 0;
    for (let second = 0; second < 300; second += 1) {
      const said = poll(second * 1000);
      vehicles += edgesIn(said).length / 2;
      const counter = observationsIn(said).find((it) => it.kind === 'loop-counters');
      if (counter?.kind === 'loop-counters') counts.push(counter.count);
      card.setOccupied(1, true, second * 1000 + 300);
      card.setOccupied(1, false, second * 1000 + 500);
    }
    expect(Math.max(...counts)).toBe(255);
    expect(vehicles).toBe(299);
  });

  it('learns the clock of a card anew that was switched off, and claims no vehicle meanwhile', () => {
    const { card, poll } = openLine(-3_600_000);
    let second = 0;
    const run = (seconds: number): LoopTransition[] =>
      Array.from({ length: seconds }, () => {
        const monoMs = second * 1000;
        second += 1;
        const said = edgesIn(poll(monoMs));
        card.setOccupied(1, true, monoMs + 200);
        card.setOccupied(1, false, monoMs + 700);
        return said;
      }).flat();
    expect(run(10)).toHaveLength(18);
    card.reset(second * 1000 - 100);
    const after = run(10);
    // Two polls go by until the new clock is believed; then every edge is within what is known of it.
    for (const { atMs, occupied, clockUncertaintyMs } of after) {
      const trueMs = Math.round((atMs - (occupied ? 200 : 700)) / 1000) * 1000 + (occupied ? 200 : 700);
      expect(atMs).toBeGreaterThan(10_500);
      expect(Math.abs(atMs - trueMs)).toBeLessThanOrEqual(clockUncertaintyMs ?? 0);
    }
    expect(after.length).toBeGreaterThanOrEqual(12);
  });

  it('says that an answer is damaged when its checksum is right and its stamp is not', () => {
    const { card, session, poll } = openLine();
    poll(0);
    card.setOccupied(1, true, 300);
    card.setOccupied(1, false, 600);
    poll(1000);
    card.setOccupied(1, true, 1300);
    card.setOccupied(1, false, 1600);
    const query = session.ask(0, { monoMs: 2000, wallMs: WALL_MS + 2000 });
    const reply = Uint8Array.from(card.receive(query, 2005)[0] ?? []);
    // Two flipped bits in one column: the XOR stays true.
    reply[3] = (reply[3] ?? 0) ^ 0x10;
    reply[8] = (reply[8] ?? 0) ^ 0x10;
    const said = session.receive(reply, { monoMs: 2010, wallMs: WALL_MS + 2010 });
    expect(said.map((it) => it.kind)).toEqual(['corrupt']);
    expect(edgesIn(poll(3000))).toHaveLength(2);
  });

  it('believes no answer whose vehicles cannot have come one after the other', () => {
    // The same bits flipped in the records of both channels: the XOR stays true.
    const damages = [
      { what: 'more vehicles than there was time for', at: 7, bits: 0x40 },
      { what: 'on the loop before the one before had left it', at: 5, bits: 0x04 },
    ];
    for (const { what, at, bits } of damages) {
      const { card, session, poll } = openLine();
      poll(0);
      for (const channel of [1, 2]) {
        card.setOccupied(channel, true, 300);
        card.setOccupied(channel, false, 600);
      }
      expect(edgesIn(poll(1000)), what).toHaveLength(4);
      for (const channel of [1, 2]) {
        card.setOccupied(channel, true, 1300);
        card.setOccupied(channel, false, 1600);
      }
      const query = session.ask(0, { monoMs: 2000, wallMs: WALL_MS + 2000 });
      const reply = Uint8Array.from(card.receive(query, 2005)[0] ?? []);
      for (const index of [at, at + RECORD_BYTES]) reply[index] = (reply[index] ?? 0) ^ bits;
      const said = session.receive(reply, { monoMs: 2010, wallMs: WALL_MS + 2010 });
      expect(
        said.map((it) => it.kind),
        what,
      ).toEqual(['corrupt']);
      expect(edgesIn(poll(3000)), what).toHaveLength(4);
    }
  });

  it('finds an answer behind noise, and takes nothing that it has not asked for', () => {
    const { card, session } = openLine();
    const query = session.ask(0, { monoMs: 0, wallMs: WALL_MS });
    const reply = card.receive(query, 5)[0] ?? new Uint8Array(0);
    const noisy = Uint8Array.from([0xff, 0x3c, 0x00, 0x81, ...reply, ...reply]);
    const said = session.receive(noisy, { monoMs: 10, wallMs: WALL_MS });
    expect(said).toEqual([{ kind: 'answered', exchange: 0 }]);
    expect(session.discardedBytes).toBe(4 + reply.length);
    expect(session.receive(reply, { monoMs: 20, wallMs: WALL_MS })).toEqual([]);
  });
});
