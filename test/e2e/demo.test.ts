import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoSummary } from '../../src/cli/demo/summary.ts';
import { cli } from '../fakes/run-cli.ts';

const SECONDS = 60;
/** The promise of the demonstration, from the moment the road's truth begins. */
const OPENED_WITHIN_S = 10;

describe('the demonstration, unattended for a minute', () => {
  let folder: string;
  let summary: DemoSummary;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roadside-e2e-'));
    const json = join(folder, 'out.json');
    const { code, out, error } = await cli('demo', '--seconds', String(SECONDS), '--json', json);
    expect({ code, said: code === 0 ? '' : out + error }).toEqual({ code: 0, said: '' });
    summary = JSON.parse(readFileSync(json, 'utf8')) as DemoSummary;
  }, 150_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('loses nothing through a broker outage, and every message keeps the contract', () => {
    const { stored, acknowledged, received, invalid, lost } = summary.records;
    expect({ invalid, lost }).toEqual({ invalid: 0, lost: 0 });
    expect(stored).toBeGreaterThan(50);
    expect([acknowledged, received]).toEqual([stored, stored]);
  });
  test('counts by loop what passed, in every lane whose loop was not made to fail', () => {
    const sound = summary.lanes.filter(({ loop }) => loop.fault === undefined);
    expect(sound).toHaveLength(4);
    expect(sound.map(({ loop }) => loop.count)).toEqual(sound.map(({ truth }) => truth.count));
    for (const { truth } of sound) expect(truth.count).toBeGreaterThan(3);
  });
  test('counts by camera within a tenth, or one vehicle, of what passed', () => {
    const seen = summary.lanes.flatMap(({ camera, truth }) => (camera === null ? [] : [{ camera, truth }]));
    expect(seen).toHaveLength(3);
    for (const { camera, truth } of seen) {
      expect(Math.abs(camera.count - truth.count)).toBeLessThanOrEqual(Math.max(1, truth.count / 10));
    }
  });
  test('reports the loop that stuck as a fault, and opens no lane with a false zero', () => {
    const stuck = summary.lanes.find(({ lane }) => lane === 'north-2');
    expect(stuck?.loop.fault).toMatchObject({ code: 'locked-on', sensor: 'n2a' });
    expect(stuck?.loop.fault?.closedAt).not.toBeNull();
  });
  test('opens both incidents in time, closes them, and raises no other', () => {
    expect(summary.incidents.map(({ kind, lane }) => `${kind} ${lane}`).toSorted()).toEqual([
      'stopped-vehicle north-3',
      'wrong-way north-1',
    ]);
    for (const { truthAt, openedAt, closedAt } of summary.incidents) {
      expect((openedAt ?? Number.POSITIVE_INFINITY) - (truthAt ?? 0)).toBeLessThanOrEqual(OPENED_WITHIN_S);
      expect(closedAt).not.toBeNull();
    }
  });
});
