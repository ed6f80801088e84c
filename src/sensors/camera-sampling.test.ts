import { expect, test } from 'vitest';
import { createCameraSampling } from './camera-sampling.ts';

const PLAN = { id: 'north', framesPerSecond: 10 };

/** Looks at so many pictures per second and returns the stretches. */
function sampled(looks: readonly number[], options: { state?: 'working' | 'stopped'; due?: number } = {}) {
  const sampling = createCameraSampling(PLAN, 0);
  let dueFrames = 0;
  return looks.map((count, second) => {
    for (let look = 0; look < count; look += 1) sampling.looked();
    dueFrames += options.due ?? count;
    return sampling.sample({ state: options.state ?? 'working', dueFrames }, (second + 1) * 1000);
  });
}

test('a picture on the other side of a border is not missing twice', () => {
  const received = sampled([11, 9, 10, 11, 9]).map((stretch) => stretch.received);
  expect(received).toEqual([10, 10, 10, 10, 10]);
});

test('a faster camera does not save up for later', () => {
  expect(sampled([30, 0])[1]).toMatchObject({ expected: 10, received: 1, cause: 'camera' });
});

test('pictures that did not come are missing because of the camera', () => {
  expect(sampled([4])[0]).toEqual({
    kind: 'sensor-sampling',
    sensor: 'north',
    fromMs: 0,
    toMs: 1000,
    expected: 10,
    received: 4,
    cause: 'camera',
  });
});

test('pictures that came and were not looked at are missing because of the agent', () => {
  expect(sampled([4], { due: 10 })[0]?.cause).toBe('agent');
});

test('pictures that do not show the road are missing because of the camera', () => {
  const sampling = createCameraSampling(PLAN, 0);
  for (let picture = 0; picture < 10; picture += 1) sampling.refused();
  const during = sampling.sample({ state: 'working', dueFrames: 10 }, 1000);
  expect(during).toMatchObject({ received: 0, cause: 'camera' });
  for (let picture = 0; picture < 10; picture += 1) sampling.looked();
  expect(sampling.sample({ state: 'working', dueFrames: 20 }, 2000).cause).toBeNull();
});

test('nobody looks at a camera that is off: that is the agent as well', () => {
  expect(sampled([0], { state: 'stopped' })[0]).toMatchObject({ received: 0, cause: 'agent' });
});

test('a late call expects more pictures', () => {
  const sampling = createCameraSampling(PLAN, 0);
  expect(sampling.sample({ state: 'working', dueFrames: 0 }, 1490).expected).toBe(15);
});
