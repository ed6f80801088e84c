import { expect, test } from 'vitest';
import { RoadsideError } from '../base/errors.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import { createModelHealth } from './model-health.ts';

function watched() {
  const claimed: Observation[] = [];
  const health = createModelHealth(
    { id: 'net' },
    { observe: (observations) => claimed.push(...observations) },
  );
  return { health, claimed };
}
const broken = new RoadsideError('model-invalid', 'it does not compute', { hint: 'Replace it.' });

test('looks that fail one after the other are one fault, and it closes with the first that works', () => {
  const { health, claimed } = watched();
  for (let look = 0; look < 5; look += 1) health.report(broken);
  expect(health.health()).toMatchObject({ state: 'failing', note: 'it does not compute. Replace it.' });
  for (let look = 0; look < 5; look += 1) health.report(null);
  expect(health.health()).toMatchObject({ state: 'working', note: '' });
  const fault = { kind: 'sensor-fault', sensor: 'net', layer: 'model', code: 'model-invalid' };
  expect(claimed).toMatchObject([
    { ...fault, active: true },
    { ...fault, active: false },
  ]);
});

test('a detector that works claims nothing', () => {
  const { health, claimed } = watched();
  expect(health.health().state).toBe('starting');
  health.report(null);
  expect(health.health().state).toBe('working');
  expect(claimed).toEqual([]);
});
