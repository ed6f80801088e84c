import { expect, test } from 'vitest';
import { createTakeoverFaults } from './takeover-faults.ts';

const error = { code: 'uplink-taken-over', text: 'another client took over', hint: '' } as const;

test('a session taken over opens one fault for its receiver, and closes it when that is over', () => {
  const faults = createTakeoverFaults();
  const at = (platform: boolean, transport: boolean, atMs: number) =>
    faults
      .look(
        [
          { upstream: 'platform', takenOver: platform, error: platform ? error : null },
          { upstream: 'transport', takenOver: transport, error: null },
        ],
        atMs,
      )
      .map(({ sensor, active, detail }) => `${active ? 'open' : 'close'} ${sensor}: ${detail}`);
  expect(at(false, false, 1)).toEqual([]);
  expect(at(true, false, 2)).toEqual(['open platform: another client took over']);
  expect(at(true, false, 3)).toEqual([]);
  expect(at(true, true, 4)).toEqual(['open transport: ']);
  expect(at(false, true, 5)).toEqual(['close platform: undisturbed for ten minutes']);
});
