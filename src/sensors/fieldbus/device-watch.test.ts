import { describe, expect, it } from 'vitest';
import { createDeviceWatch, type DeviceWatch } from './device-watch.ts';
import type { ReadOutcome } from './modbus-master.ts';

const VALUES: ReadOutcome = { kind: 'values', bytes: Uint8Array.of(0), sentAtMs: 0, receivedAtMs: 1 };
const TIMEOUT: ReadOutcome = { kind: 'timeout' };
const CLOSED: ReadOutcome = { kind: 'closed', why: 'gone' };

function watch(): DeviceWatch {
  return createDeviceWatch({ device: 'card-1', countsAsReading: [true, false], startMs: 0 });
}

function codes(it: DeviceWatch, outcomes: readonly ReadOutcome[], read = 0): string[] {
  return outcomes.flatMap((outcome, at) =>
    it.judge(read, outcome, at).map((fault) => `${fault.active ? '+' : '-'}${fault.code}@${at}`),
  );
}

describe('device faults', () => {
  it('open once after three failures in a row and close once at the first answer', () => {
    const run = [TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, VALUES, VALUES];
    expect(codes(watch(), run)).toEqual(['+timeout@2', '-timeout@4']);
  });

  it('do not open for single losses', () => {
    expect(codes(watch(), [TIMEOUT, TIMEOUT, VALUES, TIMEOUT, TIMEOUT, VALUES])).toEqual([]);
  });

  it('name corrupt replies and refusals apart from silence', () => {
    const corrupt: ReadOutcome = { kind: 'corrupt', why: 'no valid frame' };
    const refused: ReadOutcome = { kind: 'exception', code: 2 };
    const run = [corrupt, corrupt, corrupt, refused, refused, refused, VALUES];
    expect(codes(watch(), run)).toEqual([
      '+corrupt-reply@2',
      '-corrupt-reply@3',
      '+exception@5',
      '-exception@6',
    ]);
  });

  it('are not opened by a closed line: that is the port, not the device', () => {
    expect(codes(watch(), [CLOSED, CLOSED, CLOSED, CLOSED])).toEqual([]);
  });

  it('stay open while another read of the device still fails', () => {
    const it = watch();
    codes(it, [TIMEOUT, TIMEOUT, TIMEOUT], 0);
    codes(it, [TIMEOUT, TIMEOUT, TIMEOUT], 1);
    expect(codes(it, [VALUES], 0)).toEqual([]);
    expect(codes(it, [VALUES], 1)).toEqual(['-timeout@0']);
  });
});

describe('the sampling of a device', () => {
  const calm = { lineIsDown: false, isPaused: false };

  it('adds up: what was expected is what came and what is missing, with a cause only for the missing', () => {
    const it = watch();
    codes(it, [VALUES, VALUES, VALUES]);
    const all = it.sample({ nowMs: 1000, slotsDone: 3, ...calm });
    expect(all).toMatchObject({ fromMs: 0, toMs: 1000, expected: 3, received: 3, cause: null });
    codes(it, [VALUES, TIMEOUT]);
    const some = it.sample({ nowMs: 2000, slotsDone: 5, ...calm });
    expect(some).toMatchObject({ fromMs: 1000, toMs: 2000, expected: 2, received: 1, cause: 'device' });
  });

  it('does not count reads that carry no presence', () => {
    const it = watch();
    codes(it, [VALUES, VALUES], 1);
    expect(it.sample({ nowMs: 1000, slotsDone: 1, ...calm })).toMatchObject({ expected: 1, received: 0 });
  });

  it.each([
    { lineIsDown: true, isPaused: false, cause: 'bus' },
    { lineIsDown: false, isPaused: true, cause: 'device' },
    { lineIsDown: false, isPaused: false, cause: 'bus' },
  ])('blames the $cause when nothing came: %o', ({ cause, ...state }) => {
    expect(watch().sample({ nowMs: 1000, slotsDone: 10, ...state })).toMatchObject({ received: 0, cause });
  });

  it('waits until a reading was due, so that a slow read has no empty windows', () => {
    const it = watch();
    expect(it.sample({ nowMs: 1000, slotsDone: 0, ...calm })).toBeNull();
    codes(it, [VALUES]);
    expect(it.sample({ nowMs: 2000, slotsDone: 1, ...calm })).toMatchObject({ fromMs: 0, toMs: 2000 });
  });
});
