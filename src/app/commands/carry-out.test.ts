import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { flowRecord } from '../../../test/fakes/records.ts';
import type { Clock } from '../../base/clock.ts';
import type { LoadedSite } from '../../catalog/load/load-site.ts';
import { openStore, type Store } from '../../store/store.ts';
import type { OrderOutcome } from '../../uplink/commands/command-desk.ts';
import type { Order } from '../../uplink/payloads/command.ts';
import { createEvidenceArchive } from '../evidence-archive.ts';
import type { Overview } from '../overview.ts';
import { BACKFILL_MAX_ROWS } from './backfill.ts';
import { createCarryOut } from './carry-out.ts';
import { siteView } from './site-view.ts';

const START_MS = 1_800_000_000_000;
let folder: string;
let store: Store;
let wallMs: number;
let upForS: number;
let levels: string[];
let restarts: number;
let carryOut: (order: Order) => Promise<OrderOutcome>;
const clock: Clock = { now: () => ({ monoMs: 0, wallMs, quality: 'synced' }), monoMs: () => 0 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-carry-out-'));
  [wallMs, upForS, levels, restarts] = [START_MS, 3600, [], 0];
  const upstreams = [{ name: 'platform', streams: new Set(['flow'] as const) }];
  store = openStore({ file: join(folder, 'store.db'), upstreams, clock });
  const loaded = { site: { site: { id: 's' }, store: { file: join(folder, 'store.db') } } } as LoadedSite;
  const does = createCarryOut({
    ...{ loaded, upstream: 'platform', store, clock, archive: createEvidenceArchive(null) },
    overview: () => ({ upForS }) as Overview,
    notify: () => undefined,
    controls: {
      folders: { driversDirs: [], modelsDir: folder },
      logLevel: 'warn',
      setLogLevel: (level) => levels.push(level),
      restart: () => {
        restarts += 1;
      },
    },
  });
  const context = { id: 'id', actor: 'centre', send: () => Promise.resolve({ kind: 'accepted' } as const) };
  carryOut = async (order) => does(order, context);
});
afterEach(() => {
  vi.useRealTimers();
  store.close();
  rmSync(folder, { recursive: true });
});

describe('restart', () => {
  it('happens once the reply is on its way, and never soon after a start', async () => {
    const outcome = await carryOut({ kind: 'restart' });
    expect(restarts).toBe(0);
    if (outcome.kind === 'done') outcome.afterwards?.();
    expect(restarts).toBe(1);
    upForS = 59;
    expect(await carryOut({ kind: 'restart' })).toMatchObject({ kind: 'failed', reason: 'too-soon' });
  });
});

describe('log-level', () => {
  it('goes back by itself, by the last command only', async () => {
    vi.useFakeTimers();
    await carryOut({ kind: 'log-level', level: 'debug', forMin: 10 });
    vi.advanceTimersByTime(9 * 60_000);
    await carryOut({ kind: 'log-level', level: 'info', forMin: 10 });
    vi.advanceTimersByTime(9 * 60_000);
    expect(levels).toEqual(['debug', 'info']);
    vi.advanceTimersByTime(60_000);
    expect(levels).toEqual(['debug', 'info', 'warn']);
  });
});

describe('backfill', () => {
  it('has a limit, and says from where to go on', async () => {
    for (let batch = 0; batch < 50; batch += 1) {
      store.append(Array.from({ length: 500 }, (_, index) => flowRecord({ seq: batch * 500 + index + 1 })));
      wallMs += 60_000;
    }
    const outbox = store.outbox('platform');
    const waiting = outbox.pending({ class: 3, after: 0, limit: 100_000 });
    outbox.acknowledge(waiting.map(({ position }) => position));
    wallMs += 3_600_000;
    const first = await carryOut({ kind: 'backfill', fromMs: 0, toMs: wallMs });
    expect(first).toMatchObject({ kind: 'done', result: { queued: BACKFILL_MAX_ROWS, complete: false } });
    const nextFromMs = first.kind === 'done' ? Number(first.result?.['nextFromMs']) : 0;
    const second = await carryOut({ kind: 'backfill', fromMs: nextFromMs, toMs: wallMs });
    expect(second).toMatchObject({ result: { queued: 25_000 - BACKFILL_MAX_ROWS, complete: true } });
    expect(outbox.depth()).toBe(25_000);
  });

  it('leaves alone what is on its way live', async () => {
    store.append([flowRecord({ seq: 1 })]);
    const span = { kind: 'backfill', fromMs: START_MS - 200_000, toMs: START_MS + 1000 } as const;
    expect(await carryOut(span)).toMatchObject({ result: { queued: 0 } });
    expect(await carryOut({ ...span, fromMs: START_MS })).toMatchObject({ reason: 'not-a-span' });
  });
});

describe('the configuration as it is told', () => {
  it('holds no user, no file of a secret, and nothing of an address that lets somebody in', () => {
    const site = {
      cameras: [{ source: { url: 'rtsp://a:b@cam/1?user=x&pwd=y', user: 'u', passwordFile: '/p' } }],
      uplink: {
        url: 'mqtts://platform:8883',
        keyFile: '/k',
        caFile: '/c',
        commands: { keys: [{ publicKeyFile: '/q' }] },
      },
    } as unknown as LoadedSite['site'];
    expect(siteView({ site })).toEqual({
      cameras: [
        { source: { url: 'rtsp://[hidden]@cam/1?[hidden]', user: '[hidden]', passwordFile: '[hidden]' } },
      ],
      uplink: {
        url: 'mqtts://platform:8883',
        keyFile: '[hidden]',
        caFile: '[hidden]',
        commands: { keys: [{ publicKeyFile: '[hidden]' }] },
      },
    });
  });
});
