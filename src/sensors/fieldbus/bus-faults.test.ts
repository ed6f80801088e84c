import { describe, expect, it } from 'vitest';
import { type BusFaults, createBusFaults } from './bus-faults.ts';
import { createDeviceWatch } from './device-watch.ts';
import type { AskOutcome } from './polled-bus.ts';

const ANSWERED: AskOutcome = { kind: 'answered' };
const TIMEOUT: AskOutcome = { kind: 'timeout', why: 'does not answer' };
const CORRUPT: AskOutcome = { kind: 'corrupt', why: 'no valid frame' };
const CLOSED: AskOutcome = { kind: 'closed' };

interface Bus {
  readonly faults: BusFaults;
  readonly recoveries: number;
  /** Asks each device in turn, as often as there are rounds; `answers` says what each device's asks end in. */
  rounds(count: number, answers: readonly AskOutcome[]): string[];
}

function bus(devices: number, silenceAdvice: string | null = 'check the wiring'): Bus {
  const watches = Array.from({ length: devices }, (_, index) =>
    createDeviceWatch({ device: `d${index}`, countsAsReading: [true], startMs: 0 }),
  );
  let recoveries = 0;
  let nowMs = 0;
  const onRecovery = (): void => {
    recoveries += 1;
  };
  const faults = createBusFaults({ bus: 'bus', watches, silenceAdvice, onRecovery });
  return {
    faults,
    get recoveries() {
      return recoveries;
    },
    rounds(count, answers) {
      const said: string[] = [];
      for (let round = 0; round < count; round += 1) {
        answers.forEach((outcome, device) => {
          nowMs += 1;
          const changes = faults.judge({ device, ask: 0 }, outcome, nowMs);
          said.push(...changes.map((it) => `${it.active ? '+' : '-'}${it.sensor} ${it.code}`));
        });
      }
      return said;
    },
  };
}

/** The good news of the first round, which closes faults that are remembered from before a restart. */
function workingBus(devices: number, silenceAdvice?: string | null): Bus {
  const it = bus(devices, silenceAdvice);
  const news = it.rounds(1, Array(devices).fill(ANSWERED));
  expect(news.slice(0, 5)).toEqual([
    '-bus unreachable',
    '-bus all-silent',
    '-d0 timeout',
    '-d0 corrupt-reply',
    '-d0 exception',
  ]);
  expect(news).toHaveLength(2 + 3 * devices);
  return it;
}

describe('who is blamed', () => {
  it('is one port, not its devices, when all of them fall silent at once', () => {
    const it = workingBus(4);
    expect(it.rounds(10, [TIMEOUT, TIMEOUT, CORRUPT, TIMEOUT])).toEqual(['+bus all-silent']);
  });

  it('is the one device that is silent while another answers', () => {
    const it = workingBus(3);
    expect(it.rounds(5, [ANSWERED, TIMEOUT, ANSWERED])).toEqual(['+d1 timeout']);
    expect(it.rounds(1, [ANSWERED, ANSWERED, ANSWERED])).toEqual(['-d1 timeout']);
  });

  it('goes back to the devices when one answers: each has to fail anew', () => {
    const it = workingBus(3);
    it.rounds(5, [TIMEOUT, TIMEOUT, TIMEOUT]);
    expect(it.rounds(1, [ANSWERED, TIMEOUT, TIMEOUT])).toEqual(['-bus all-silent']);
    expect(it.recoveries).toBe(1);
    expect(it.rounds(1, [ANSWERED, TIMEOUT, TIMEOUT])).toEqual([]);
    expect(it.rounds(1, [ANSWERED, ANSWERED, TIMEOUT])).toEqual(['+d2 timeout']);
  });

  it('moves from the devices to the port when the last one falls silent', () => {
    const it = workingBus(2);
    expect(it.rounds(4, [ANSWERED, TIMEOUT])).toEqual(['+d1 timeout']);
    // One lost reply of the other device closes nothing.
    expect(it.rounds(2, [TIMEOUT, TIMEOUT])).toEqual([]);
    expect(it.rounds(1, [TIMEOUT, TIMEOUT])).toEqual(['+bus all-silent', '-d1 timeout']);
  });

  it('is told at the next answer when a fault was held back only because all seemed to fail', () => {
    const it = workingBus(2);
    it.rounds(1, [TIMEOUT, ANSWERED]);
    it.rounds(1, [TIMEOUT, TIMEOUT]);
    expect(it.rounds(1, [TIMEOUT, ANSWERED])).toEqual(['+d0 timeout']);
  });

  it('is the device where it is alone on its bus, or has a connection of its own', () => {
    expect(workingBus(1).rounds(5, [TIMEOUT])).toEqual(['+d0 timeout']);
    expect(workingBus(2, null).rounds(5, [TIMEOUT, TIMEOUT])).toEqual(['+d0 timeout', '+d1 timeout']);
  });

  it('is nobody but the port while the line is closed', () => {
    const it = workingBus(2);
    const change = it.faults.onLineChange({ kind: 'unreachable', why: 'no such file' }, 50);
    expect(change).toMatchObject([{ sensor: 'bus', layer: 'port', code: 'unreachable', active: true }]);
    expect(it.rounds(10, [CLOSED, CLOSED])).toEqual([]);
    it.faults.onLineChange({ kind: 'open' }, 60);
    expect(it.recoveries).toBe(1);
    expect(it.rounds(1, [ANSWERED, ANSWERED])).toEqual(['-bus unreachable']);
  });

  it('is the port when it opens and is lost three times without one reply', () => {
    const it = workingBus(1);
    const lose = () => it.faults.onLineChange({ kind: 'lost', why: 'gone' }, 50);
    expect([lose(), lose()]).toEqual([[], []]);
    expect(lose()).toMatchObject([{ code: 'unreachable', active: true }]);
    expect(it.rounds(1, [TIMEOUT])).toEqual([]);
    expect(it.rounds(1, [ANSWERED])).toEqual(['-bus unreachable']);
  });
});
