import { describe, expect, it } from 'vitest';
import { type BusScanRequest, planBusScan, type ScannableDriver } from './bus-scan.ts';

const REQUEST: BusScanRequest = {
  paths: [],
  peers: [],
  callers: [],
  units: [1],
  bauds: null,
  listenMs: 0,
  responseTimeoutMs: 100,
  thorough: false,
};
const identify = { table: 'input-register', address: 1, mask: 0xff, expect: 34 } as const;

type ModbusDriver = Extract<ScannableDriver, { readonly protocol: 'modbus' }>;

function driver(name: string, more: Partial<ModbusDriver>): ScannableDriver {
  return { protocol: 'modbus', driver: name, label: name, bus: {}, ...more };
}

const first = (drivers: readonly ScannableDriver[], bauds: readonly number[] | null = null) =>
  planBusScan({ ...REQUEST, bauds }, drivers).settings.slice(0, 3);

describe('what a scan asks', () => {
  it('tries first what a card that can be recognised is set to', () => {
    const odd = driver('odd', {
      bus: { serial: { baud: [4800], parity: ['even'], stopBits: [1] } },
      identify,
    });
    expect(first([odd])[0]).toEqual({ baud: 4800, parity: 'even', stopBits: 1 });
    expect(first([])[0]).toEqual({ baud: 9600, parity: 'none', stopBits: 1 });
  });

  it('learns nothing from a module that can be set to anything, nor from one that cannot be recognised', () => {
    const any = { baud: [1200, 2400, 4800], parity: ['odd' as const], stopBits: [1 as const] };
    const plan = planBusScan(REQUEST, [
      driver('any', { bus: { serial: any }, identify }),
      driver('unknown', { bus: { serial: { ...any, baud: [1200] } } }),
    ]);
    expect(plan.settings[0]).toEqual({ baud: 9600, parity: 'none', stopBits: 1 });
    expect(plan.identify.map((one) => one.driver)).toEqual(['any']);
  });

  it('tries every parity of the rates that are named, and each setting once', () => {
    expect(first([], [19_200]).map(({ baud, parity }) => `${baud} ${parity}`)).toEqual([
      '19200 none',
      '19200 even',
      '19200 odd',
    ]);
    const all = planBusScan(REQUEST, [
      driver('usual', { bus: { serial: { baud: [9600], parity: ['none'], stopBits: [1] } }, identify }),
    ]).settings.map((one) => JSON.stringify(one));
    expect(new Set(all).size).toBe(all.length);
  });
});
