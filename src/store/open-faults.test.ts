import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultRecord } from '../../test/fakes/records.ts';
import type { Clock } from '../base/clock.ts';
import type { FaultRecord } from '../traffic/record.ts';
import { openStore, type Store } from './store.ts';

let folder: string;
let store: Store;
let wallMs = 1000;
const clock: Clock = { now: () => ({ monoMs: 0, wallMs, quality: 'synced' }), monoMs: () => 0 };
const open = (): Store => openStore({ file: join(folder, 'store.db'), upstreams: [], clock });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-faults-'));
  store = open();
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function restart(): void {
  store.close();
  store = open();
}
const about = (sensor: string, seq: number, phase: 'open' | 'close'): FaultRecord => ({
  ...faultRecord({ seq }),
  ...{ sensor, phase, fault: `site/boot/${sensor}`, closedAtMs: phase === 'close' ? 1 : null },
});

describe('faults that are open', () => {
  it('are known after a restart, as their opening record told them', () => {
    store.append([about('card-1', 1, 'open'), about('card-2', 2, 'open'), about('card-1', 3, 'close')]);
    restart();
    expect(store.openFaults()).toEqual([about('card-2', 2, 'open')]);
  });
  it('are none when the same transaction could not store their record', () => {
    store.append([about('card-1', 1, 'open')]);
    const strange = { ...about('card-1', 3, 'open'), id: null } as unknown as FaultRecord;
    expect(() => store.append([about('card-2', 2, 'open'), strange])).toThrow(/NOT NULL/);
    expect(store.openFaults()).toEqual([about('card-1', 1, 'open')]);
  });
  it('are one for each sensor and code, the newest', () => {
    store.append([about('card-1', 1, 'open'), about('card-1', 2, 'open')]);
    expect(store.openFaults()).toEqual([about('card-1', 2, 'open')]);
  });
  it('outlive the records of the retention time', () => {
    store.append([about('card-1', 1, 'open')]);
    wallMs += 1000;
    expect(store.prune({ beforeMs: wallMs, limit: 10 })).toBe(1);
    restart();
    expect(store.readLedger({ limit: 10 })).toEqual([]);
    expect(store.openFaults()).toEqual([about('card-1', 1, 'open')]);
  });
});
