import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LoadedSite } from '../catalog/load/load-site.ts';
import { createLogger } from '../runtime/logger.ts';
import { openStore, type Store } from '../store/store.ts';
import type { AuditRecord } from '../traffic/stored-record.ts';
import { configDigest, createAuditRuns } from './audit-runs.ts';

let folder: string;
let store: Store;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-runs-'));
  store = openStore({ file: join(folder, 'store.db') });
  lines = [];
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function siteWith(socket: string): LoadedSite {
  return { site: { control: { socket } }, configRev: 'same' } as LoadedSite;
}

function runWith(loaded: LoadedSite): void {
  const logger = createLogger({ write: (line) => lines.push(line) });
  const runs = createAuditRuns(store, { loaded, boot: 'boot-1', logger });
  runs.started();
  runs.stopped();
}

const actions = (): string[] =>
  store.audit.read(0, 1000).map(({ body }) => (JSON.parse(body) as AuditRecord).action);

it('each run is in the audit, and a configuration that is another one than before', () => {
  runWith(siteWith('a'));
  runWith(siteWith('a'));
  runWith(siteWith('b'));
  const first = ['started', 'stopped', 'started', 'stopped'];
  expect(actions()).toEqual([...first, 'started', 'config-changed', 'stopped']);
});

it('a change is found behind any number of commands', () => {
  runWith(siteWith('a'));
  const fact = { actor: 'centre', command: 'ping', commandId: 'x', subject: null, reason: null } as const;
  for (let count = 0; count < 600; count += 1) {
    store.audit.append({ ...fact, action: 'command-done', detail: '', count: 1 });
  }
  runWith(siteWith('b'));
  expect(actions().filter((action) => action === 'config-changed')).toHaveLength(1);
}, 60_000);

it('the digest covers what shapes no figure, too', () => {
  expect(configDigest(siteWith('a'))).not.toBe(configDigest(siteWith('b')));
});

it('a store that refuses keeps nobody from starting', () => {
  store.close();
  runWith(siteWith('a'));
  expect(lines.join('')).toContain('the audit could not be kept');
  store = openStore({ file: join(folder, 'other.db') });
});
