import { expect, test } from 'vitest';
import { RoadsideError } from '../base/errors.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import { createModelHealth } from './model-health.ts';

function watched() {
  const claimed: Observation[] = [];
  const clock = { nowMs: 0 };
  const health = createModelHealth(
    { id: 'net' },
    { observe: (observations) => claimed.push(...observations) },
    () => clock.nowMs,
  );
  return { health, claimed, clock };
}
const broken = new RoadsideError('model-invalid', 'it does not compute', { hint: 'Replace it.' });
const fault = { kind: 'sensor-fault', sensor: 'net', layer: 'model', code: 'model-invalid' };
const opened = { ...fault, active: true };
const closed = { ...fault, active: false };

test('looks that fail one after the other are one fault, and it closes with the first that works', () => {
  const { health, claimed } = watched();
  for (let look = 0; look < 5; look += 1) health.failed('north', broken);
  const note = 'camera north: it does not compute. Replace it.';
  expect(health.health()).toMatchObject({ state: 'failing', note });
  for (let look = 0; look < 5; look += 1) health.worked('north');
  expect(health.health()).toMatchObject({ state: 'working', note: '' });
  expect(claimed).toMatchObject([opened, closed]);
});

test('a camera whose pictures work does not close the fault of one whose pictures fail', () => {
  const { health, claimed, clock } = watched();
  for (let second = 0; second < 100; second += 1) {
    clock.nowMs = second * 1000;
    health.failed('detailed', broken);
    health.worked('plain');
  }
  expect(claimed).toMatchObject([opened]);
  expect(health.health().state).toBe('failing');
  health.worked('detailed');
  expect(claimed).toMatchObject([opened, closed]);
  expect(health.health().state).toBe('working');
});

test('the fault of a camera that is gone closes with the work of another, and never by itself', () => {
  const { health, claimed, clock } = watched();
  health.failed('detailed', broken);
  clock.nowMs = 30_000;
  health.worked('plain');
  expect(claimed, 'it may come back yet').toMatchObject([opened]);
  clock.nowMs = 600_000;
  expect(health.health().state, 'nothing has worked since').toBe('failing');
  health.worked('plain');
  expect(claimed).toMatchObject([opened, closed]);
});

test('a detector that could not be opened is a fault for as long as the process runs', () => {
  const { health, claimed } = watched();
  health.refused(broken);
  expect(health.health()).toMatchObject({ state: 'failing', note: 'it does not compute. Replace it.' });
  expect(claimed).toMatchObject([opened]);
});

test('a detector that works claims nothing', () => {
  const { health, claimed } = watched();
  expect(health.health().state).toBe('starting');
  health.worked('north');
  expect(health.health().state).toBe('working');
  expect(claimed).toEqual([]);
});
