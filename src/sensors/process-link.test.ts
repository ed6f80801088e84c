import { expect, test, vi } from 'vitest';
import { RoadsideError } from '../base/errors.ts';
import type { FromSensor } from './contract.ts';
import { type ProcessLink, runSensorProgram } from './process-link.ts';

test('a program that cannot go on says why, stops what it has begun, and leaves', async () => {
  const said: FromSensor[] = [];
  const tell: ((message: unknown) => void)[] = [];
  const links: ProcessLink[] = [];
  const left = Promise.withResolvers<number>();
  const stop = vi.fn(() => Promise.resolve());
  runSensorProgram(
    {
      process: 'fieldbus',
      configure(_, link) {
        links.push(link);
        return Promise.resolve();
      },
      start() {},
      stop,
      health: () => [],
    },
    {
      send: (message) => void said.push(message),
      onMessage: (listener) => void tell.push(listener),
      onDisconnect() {},
      exit: left.resolve,
    },
  );
  tell[0]?.({ type: 'configure', configuration: { kind: 'fieldbus', realTime: false, buses: [] } });
  const hint = 'It is started again.';
  links[0]?.fail(new RoadsideError('model-invalid', 'the thread died', { hint }));
  expect(await left.promise).toBe(1);
  expect(stop).toHaveBeenCalledOnce();
  const fatal = { type: 'fatal', code: 'model-invalid', message: 'the thread died', hint };
  expect(said).toContainEqual(fatal);
});
