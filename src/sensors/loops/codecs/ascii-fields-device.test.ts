import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadDriver } from '../../../catalog/load/load-driver.ts';
import {
  type AsciiModule,
  type AsciiModuleModel,
  createAsciiModule,
} from '../../../simulator/devices/ascii-module.ts';
import type { Observation } from '../../../traffic/observations/observation.ts';
import type { DeviceSession } from '../device-session.ts';
import { createAsciiFieldsSession } from './ascii-fields.ts';
import { asciiFieldsPlanSchema } from './ascii-fields-plan.ts';

const DRIVERS = fileURLToPath(new URL('../../../../drivers/loops/', import.meta.url));
const POLL_MS = 100;
const REPLY_MS = 6;

/** The description that the driver file gives, for a module with that number on its bus. */
async function sessionFactory(model: AsciiModuleModel) {
  const loaded = await loadDriver({ id: `advantech-${model}`, file: `${DRIVERS}advantech/${model}.yaml` });
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
  const driver = loaded.value;
  if (driver.protocol !== 'frames') throw new Error('not a frame driver');
  const codec = asciiFieldsPlanSchema.parse(driver.codec);
  return (address: number): DeviceSession =>
    createAsciiFieldsSession({
      id: 'card-1',
      address,
      identity: null,
      responseTimeoutMs: driver.bus.responseTimeoutMs,
      turnaroundMs: driver.bus.turnaroundMs,
      everyMs: POLL_MS,
      codec,
      channels: Array.from({ length: driver.channels }, (_, index) => ({
        channel: index + 1,
        loop: `n${index + 1}`,
      })),
    });
}

/** Asks one exchange over a perfect line; the module samples half way. Null when it was not answered. */
function poll(
  session: DeviceSession,
  module: AsciiModule,
  { index = 0, atMs = 0 },
): readonly Observation[] | null {
  const moment = (monoMs: number) => ({ monoMs, wallMs: monoMs });
  const replies = module.receive(session.ask(index, moment(atMs)), atMs + REPLY_MS / 2);
  const says = replies.flatMap((reply) => session.receive(reply, moment(atMs + REPLY_MS)));
  if (!says.some((it) => it.kind === 'answered' && it.exchange === index)) return null;
  return says.flatMap((it) => (it.kind === 'observations' ? it.observations : []));
}

const addresses = fc.integer({ min: 0, max: 255 });
const toggles = (inputs: number) =>
  fc.array(fc.tuple(fc.integer({ min: 1, max: inputs }), fc.integer({ min: 0, max: 60 * POLL_MS })), {
    maxLength: 80,
  });

it('every edge of a simulated ADAM-4053 lies within its uncertainty, and every poll is right', async () => {
  const createSession = await sessionFactory('adam-4053');
  fc.assert(
    fc.property(addresses, toggles(16), (address, events) => {
      const module = createAsciiModule({ model: 'adam-4053', address, checksum: true });
      const session = createSession(address);
      const truth = new Map<string, boolean>();
      const known = new Map<string, boolean>();
      const lastToggleMs = new Map<string, number>();
      const due = events.toSorted(([, one], [, other]) => one - other);
      for (let atMs = 0; atMs <= 60 * POLL_MS; atMs += POLL_MS) {
        while ((due[0]?.[1] ?? Number.POSITIVE_INFINITY) <= atMs + REPLY_MS / 2) {
          const [channel, whenMs] = due.shift() ?? [1, 0];
          const occupied = !(truth.get(`n${channel}`) ?? false);
          truth.set(`n${channel}`, occupied);
          lastToggleMs.set(`n${channel}`, whenMs);
          module.setOccupied(channel, occupied, whenMs);
        }
        for (const claim of poll(session, module, { atMs }) ?? []) {
          if (claim.kind !== 'loop-transition') throw new Error(`a contact module claimed ${claim.kind}`);
          known.set(claim.loop, claim.occupied);
          if (claim.found) continue;
          const offMs = Math.abs(claim.atMs - (lastToggleMs.get(claim.loop) ?? 0));
          expect(offMs).toBeLessThanOrEqual(claim.uncertaintyMs);
        }
        for (const [loop, occupied] of known) expect(occupied).toBe(truth.get(loop) ?? false);
        expect(known.size).toBe(16);
      }
    }),
    { numRuns: 30 },
  );
});

it('every vehicle of a simulated ADAM-4080 is in its counter, also after it lost its power', async () => {
  const createSession = await sessionFactory('adam-4080');
  fc.assert(
    fc.property(addresses, fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }), (address, steps) => {
      const module = createAsciiModule({ model: 'adam-4080', address, checksum: true });
      const session = createSession(address);
      const counts = [0, 0];
      for (const [step, vehicles] of steps.entries()) {
        const index = step % 2;
        for (let passed = 0; passed < vehicles; passed += 1) {
          module.setOccupied(index + 1, true, 0);
          module.setOccupied(index + 1, false, 0);
        }
        counts[index] = (counts[index] ?? 0) + vehicles;
        if (step === 30) {
          module.reset();
          counts.fill(0);
        }
        const claims = poll(session, module, { index, atMs: step * POLL_MS });
        expect(claims).toMatchObject([
          { kind: 'loop-counters', loop: `n${index + 1}`, count: counts[index] },
        ]);
      }
    }),
    { numRuns: 50 },
  );
});

it('a module without checksums, or with another number, does not answer', async () => {
  const createSession = await sessionFactory('adam-4053');
  const silent = createAsciiModule({ model: 'adam-4053', address: 1, checksum: false });
  const other = createAsciiModule({ model: 'adam-4053', address: 2, checksum: true });
  const right = createAsciiModule({ model: 'adam-4053', address: 1, checksum: true });
  expect(poll(createSession(1), other, {})).toBeNull();
  expect(poll(createSession(1), silent, {})).toBeNull();
  expect(poll(createSession(1), right, {})).not.toBeNull();
});
