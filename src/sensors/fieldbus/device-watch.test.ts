import { describe, expect, it } from 'vitest';
import { createDeviceWatch, type DeviceWatch } from './device-watch.ts';
import type { AskOutcome } from './polled-bus.ts';

const ANSWERED: AskOutcome = { kind: 'answered' };
const TIMEOUT: AskOutcome = { kind: 'timeout', why: 'does not answer' };
const CLOSED: AskOutcome = { kind: 'closed' };

/** It has answered once, so that its good news has been told. */
function watch(): DeviceWatch {
  const it = createDeviceWatch({ device: 'card-1', countsAsReading: [true, false], startMs: 0 });
  expect(codes(it, [ANSWERED], 1)).toEqual(['-timeout@0', '-corrupt-reply@0', '-exception@0']);
  return it;
}

function codes(it: DeviceWatch, outcomes: readonly AskOutcome[], ask = 0): string[] {
  return outcomes.flatMap((outcome, at) => {
    it.judge(ask, outcome);
    return it.changes('open', at).map((fault) => `${fault.active ? '+' : '-'}${fault.code}@${at}`);
  });
}

describe('device faults', () => {
  it('open once after three failures in a row and close once at the first answer', () => {
    const run = [TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT, ANSWERED, ANSWERED];
    expect(codes(watch(), run)).toEqual(['+timeout@2', '-timeout@4']);
  });

  it('do not open for single losses', () => {
    expect(codes(watch(), [TIMEOUT, TIMEOUT, ANSWERED, TIMEOUT, TIMEOUT, ANSWERED])).toEqual([]);
  });

  it('name corrupt replies and refusals apart from silence', () => {
    const corrupt: AskOutcome = { kind: 'corrupt', why: 'no valid frame' };
    const refused: AskOutcome = { kind: 'refused', why: 'exception 4', isTold: false };
    const run = [corrupt, corrupt, corrupt, refused, refused, refused, ANSWERED];
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

  it('open when silence and damage alternate, under the name of what came first', () => {
    const corrupt: AskOutcome = { kind: 'corrupt', why: 'no valid frame' };
    const it = watch();
    expect(codes(it, [corrupt, TIMEOUT, corrupt, TIMEOUT, corrupt])).toEqual(['+corrupt-reply@2']);
    expect(codes(it, [TIMEOUT, TIMEOUT, TIMEOUT])).toEqual(['+timeout@2', '-corrupt-reply@2']);
  });

  it('say nothing good of a device that was never heard, and all that is good once it was', () => {
    const it = createDeviceWatch({ device: 'card-1', countsAsReading: [true], startMs: 0 });
    expect(codes(it, [TIMEOUT, TIMEOUT, TIMEOUT])).toEqual(['+timeout@2']);
    expect(codes(it, [ANSWERED])).toEqual(['-timeout@0', '-corrupt-reply@0', '-exception@0']);
  });

  it('are not opened by a refusal that its loops have been told about', () => {
    const told: AskOutcome = { kind: 'refused', why: 'exception 2', isTold: true };
    expect(codes(watch(), [told, told, told, told])).toEqual([]);
  });

  it('stay open while another read of the device still fails', () => {
    const it = watch();
    codes(it, [TIMEOUT, TIMEOUT, TIMEOUT], 0);
    codes(it, [TIMEOUT, TIMEOUT, TIMEOUT], 1);
    expect(codes(it, [ANSWERED], 0)).toEqual([]);
    expect(codes(it, [ANSWERED], 1)).toEqual(['-timeout@0']);
  });
});

describe('the sampling of a device', () => {
  const calm = { lineIsDown: false, isPaused: false };

  it('adds up: what was expected is what came and what is missing, with a cause only for the missing', () => {
    const it = watch();
    codes(it, [ANSWERED, ANSWERED, ANSWERED]);
    const all = it.sample({ nowMs: 1000, due: 3, ...calm });
    expect(all).toMatchObject({ fromMs: 0, toMs: 1000, expected: 3, received: 3, cause: null });
    codes(it, [ANSWERED, TIMEOUT]);
    const some = it.sample({ nowMs: 2000, due: 5, ...calm });
    expect(some).toMatchObject({ fromMs: 1000, toMs: 2000, expected: 2, received: 1, cause: 'device' });
  });

  it('does not count reads that carry no presence', () => {
    const it = watch();
    codes(it, [ANSWERED, ANSWERED], 1);
    expect(it.sample({ nowMs: 1000, due: 1, ...calm })).toMatchObject({ expected: 1, received: 0 });
  });

  it.each([
    { lineIsDown: true, isPaused: false, cause: 'bus' },
    { lineIsDown: false, isPaused: true, cause: 'device' },
    { lineIsDown: false, isPaused: false, cause: 'bus' },
  ])('blames the $cause when nothing came: %o', ({ cause, ...state }) => {
    expect(watch().sample({ nowMs: 1000, due: 10, ...state })).toMatchObject({ received: 0, cause });
  });

  it('waits until a reading was due, so that a slow read has no empty windows', () => {
    const it = watch();
    expect(it.sample({ nowMs: 1000, due: 0, ...calm })).toBeNull();
    codes(it, [ANSWERED]);
    expect(it.sample({ nowMs: 2000, due: 1, ...calm })).toMatchObject({ fromMs: 0, toMs: 2000 });
  });
});
