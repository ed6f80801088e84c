import { afterEach, expect, it } from 'vitest';
import { openSensorProcess, type SensorProcess } from '../../src/app/sensor-process.ts';
import { createSystemClock } from '../../src/base/clock.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { programFile } from '../../src/runtime/program-file.ts';
import type { DevicePlan, FieldbusConfiguration } from '../../src/sensors/contract.ts';
import type { SensorFault } from '../../src/traffic/observations/observation.ts';
import { type FaultChange, type FaultJournal, foldFault } from '../../src/traffic/quality/fault-journal.ts';
import { answers, isMute, openUnitsOnTcp, type UnitHabit } from '../fakes/modbus-units.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function device(unit: number): DevicePlan {
  const signals = [{ means: 'loop-occupied' as const, offset: 0, loop: `l${unit}`, invert: false }];
  const reads = [{ table: 'discrete-input' as const, address: 1, quantity: 8, everyMs: 50, signals }];
  return { id: `card-${unit}`, unit, responseTimeoutMs: 50, turnaroundMs: 0, reads };
}

/** Two cards behind a real fieldbus process, and the journal of what it claims about the second one. */
async function openRig() {
  const habits = new Map<number, UnitHabit>([
    [1, answers],
    [2, answers],
  ]);
  const units = await openUnitsOnTcp(habits);
  cleanups.push(() => units.close());
  const place = { protocol: 'modbus-tcp', id: 'lan', host: '127.0.0.1', port: units.port } as const;
  const configuration: FieldbusConfiguration = {
    kind: 'fieldbus',
    realTime: false,
    buses: [{ ...place, devices: [device(1), device(2)] }],
  };
  let journal: FaultJournal = new Map();
  let named = 0;
  const changes: FaultChange[] = [];
  const claims: SensorFault[] = [];
  const sensor = openSensorProcess({
    file: programFile(import.meta.url, '../../src/processes/fieldbus'),
    configuration,
    clock: createSystemClock(),
    logger: createLogger({ level: 'error' }),
    onObservations(observations) {
      for (const one of observations) {
        if (one.kind !== 'sensor-fault' || one.sensor !== 'card-2' || one.code !== 'timeout') continue;
        claims.push(one);
        const folded = foldFault(journal, { ...one, lanes: [] }, () => `fault-${++named}`);
        journal = folded.journal;
        if (folded.change !== null) changes.push(folded.change);
      }
    },
  });
  cleanups.push(() => sensor.stop(3000));
  return { habits, sensor, changes, claims };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function killChild(sensor: SensorProcess): Promise<void> {
  const { pid, restarts } = sensor.overview();
  if (pid === null) throw new Error('no child to kill');
  process.kill(pid, 'SIGKILL');
  await until(() => sensor.overview().restarts > restarts && sensor.overview().state === 'working');
}

it('a fault outlives the process that found it under its id, and closes when the device answers', async () => {
  const { habits, sensor, changes, claims } = await openRig();
  habits.set(2, isMute);
  await until(() => changes.length === 1);
  await killChild(sensor);
  const said = claims.length;
  // The new process finds it again, and nobody has said in between that it was over.
  await until(() => claims.length > said);
  expect(claims.slice(said - 1).map(({ active }) => active)).toEqual([true, true]);
  expect(changes.map(({ phase }) => phase)).toEqual(['open']);
  habits.set(2, answers);
  await until(() => changes.length > 1);
  expect(changes.map(({ phase, fault }) => [phase, fault.fault])).toEqual([
    ['open', 'fault-1'],
    ['close', 'fault-1'],
  ]);
}, 40_000);

it('a fault that has ended while the process was away is closed by the next one', async () => {
  const { habits, sensor, changes } = await openRig();
  habits.set(2, isMute);
  await until(() => changes.length === 1);
  habits.set(2, answers);
  await killChild(sensor);
  await until(() => changes.length > 1);
  expect(changes[1]).toMatchObject({ phase: 'close', fault: { fault: 'fault-1' } });
}, 40_000);
