import { expect, it } from 'vitest';
import { createChannelFault } from './channel-fault.ts';

it('a channel fault is told at first, when it comes and when it goes, and only then', () => {
  const fault = createChannelFault({ loop: 'a', code: 'loop-open' });
  const told = [false, false, true, true, false].map((active, atMs) => fault.see(active, atMs));
  expect(told).toEqual([
    expect.objectContaining({ sensor: 'a', layer: 'channel', code: 'loop-open', active: false, atMs: 0 }),
    null,
    expect.objectContaining({ active: true, atMs: 2 }),
    null,
    expect.objectContaining({ active: false, atMs: 4 }),
  ]);
});
