import { expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { INCIDENT_RULES, laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';

const CLEAR_S = 15;

function road(): TestRoad {
  const definition = siteWith(laneDefinition({ station: null, usualSource: 'camera' }));
  const stoppedVehicle = { ...INCIDENT_RULES.stoppedVehicle, dwellS: 10, clearS: CLEAR_S };
  return new TestRoad({ ...definition, incidents: { ...INCIDENT_RULES, stoppedVehicle } });
}
const brokenDown = (track: number): TrackPoint => ({
  ...{ track, class: 'car', score: 0.6, groundM: null, coasting: false },
  ...{ box: [30, 260, 70, 300], foot: [50, 300] },
});
/** Beside the lane, nearer to the camera: it stands in front of the car, or elsewhere, or drives by. */
const bus = (x: number, y = 360, atMs = 0): TrackPoint => ({
  ...{ track: 50 + Math.floor(atMs / 3000), class: 'bus', score: 0.8, groundM: null, coasting: false },
  ...{ box: [x - 80, y - 160, x + 80, y], foot: [x, y] },
});
const told = (on: TestRoad) =>
  on.of('incident').flatMap(({ phase, closing }) => (phase === 'update' ? [] : [closing ?? phase]));

test('a vehicle that a waiting bus hides keeps its incident, under another number, too', () => {
  const on = road().run(20_000, () => [brokenDown(1)]);
  on.run(90_000, () => [bus(115)]);
  expect(told(on)).toEqual(['open']);
  expect(told(on.run(30_000, () => [brokenDown(2)]))).toEqual(['open']);
  expect(told(on.run(1000 * CLEAR_S + 1000))).toEqual(['open', 'cleared']);
});

test('when the bus has left and the vehicle with it, the incident closes', () => {
  const on = road()
    .run(20_000, () => [brokenDown(1)])
    .run(90_000, () => [bus(115)]);
  expect(told(on.run(1000 * CLEAR_S + 1000))).toEqual(['open', 'cleared']);
});

test.each([
  ['stands elsewhere', () => [bus(300)]],
  ['stands behind it', () => [bus(115, 290)]],
  ['drives by, one after the other', (atMs: number) => [bus((atMs % 3000) / 5 - 100, 360, atMs)]],
])('a bus that %s hides nothing', (_how, tracks) => {
  const on = road().run(20_000, () => [brokenDown(1)]);
  expect(told(on.run(1000 * CLEAR_S + 1000, tracks))).toEqual(['open', 'cleared']);
});
