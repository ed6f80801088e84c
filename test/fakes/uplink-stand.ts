/** Uplinks on a store of their own, and everything that a test opens beside them: undone in reverse at the end. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, createSystemClock } from '../../src/base/clock.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createUplink, type Uplink, type UplinkSettings } from '../../src/uplink/uplink.ts';
import { localSettings, until } from './broker.ts';
import { siteInventory } from './site-inventory.ts';

export interface UplinkStand {
  readonly folder: string;
  readonly store: Store;
  start(url: string, changes?: Partial<UplinkSettings>): Uplink;
  /** Writes a file into the folder and returns its path. */
  file(name: string, text: string): string;
  leaveWith(undo: () => unknown): void;
  close(): Promise<void>;
}

export function openUplinkStand(clock: Clock = createSystemClock()): UplinkStand {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-stand-'));
  const streams = new Set(['passage', 'incident', 'fault'] as const);
  const store = openStore({
    file: join(folder, 'store.db'),
    upstreams: [{ name: 'platform', streams }],
    clock,
  });
  const leave: (() => unknown)[] = [() => rmSync(folder, { recursive: true }), () => store.close()];
  return {
    folder,
    store,
    start(url, changes = {}) {
      const uplink = createUplink({
        site: 'renmin-lu-3',
        session: 'session-1',
        settings: localSettings(url, changes),
        outbox: store.outbox('platform'),
        inventory: siteInventory,
        clock,
      });
      uplink.start();
      leave.push(() => uplink.stop(0));
      return uplink;
    },
    file(name, text) {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    leaveWith: (undo) => void leave.push(undo),
    async close() {
      for (const undo of leave.splice(0).reverse()) await undo();
    },
  };
}

/** What is wrong with an uplink, as soon as something is. */
export async function troubleOf(uplink: Uplink): Promise<NonNullable<ReturnType<Uplink['status']>['error']>> {
  await until(() => uplink.status().error !== null);
  const { error } = uplink.status();
  if (error === null) throw new Error('the trouble is over');
  return error;
}
