import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { INCIDENT_RULES } from '../../test/fakes/site.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import type { TrafficRecord } from '../traffic/record.ts';
import { closeSite, foldSite } from '../traffic/site.ts';
import type { SiteDefinition } from '../traffic/site-definition.ts';
import { createSiteState } from '../traffic/site-state.ts';
import { openRecorder, replayRecording } from './recording.ts';

const definition: SiteDefinition = {
  site: 'test-cross',
  configRev: 'abc',
  intervalsS: [10],
  utcOffsetMin: 480,
  lanes: [
    {
      lane: 'west-1',
      approach: 'west',
      number: 1,
      kind: 'through',
      speedLimitKmh: 60,
      usualSource: 'loop',
      classScheme: { scheme: 'one', bins: [{ name: 'any', belowM: 1000 }] },
      faultLimits: {
        lockedOnS: 60,
        noHitsS: 3600,
        chatterPer30S: 37,
        constantS: 3600,
        spikePct: 25,
        spikeHoldS: 60,
        mismatchPct: 2,
        shortPulseMs: 20,
        shortPulsePct: 5,
        pairMismatches: 8,
        crosstalkPct: 20,
        disagreementPct: 30,
        quietHours: null,
      },
      station: {
        entry: {
          loop: 'a',
          detector: 1,
          device: 'card',
          bus: 'lan',
          evidence: { kind: 'polled-edges', pollMs: 50, accumulatesOccupancy: false },
          latencyMs: 350,
        },
        exit: null,
        spacingM: null,
        loopLengthM: 2,
        effectiveLengthM: 6.7,
        atStopLine: false,
      },
    },
  ],
  cameras: [],
  incidents: INCIDENT_RULES,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-recording-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function replayOf(text: string): Promise<TrafficRecord[]> {
  const records: TrafficRecord[] = [];
  for await (const some of replayRecording(text.trimEnd().split('\n'))) records.push(...some);
  return records;
}

const NOTHING_EARLIER = { openFaults: [], lastStoredMs: null } as const;

describe('a recording', () => {
  test('folds to the records that were made while it was taken, byte for byte', async () => {
    const file = join(folder, 'road.ndjson');
    const recorder = openRecorder(file, { boot: 'boot', definition, earlier: NOTHING_EARLIER });
    const made: TrafficRecord[] = [];
    let state = createSiteState('boot');
    let monoMs = 0.123;
    const now = () => ({ monoMs, wallMs: 1_772_609_400_000 + monoMs, quality: 'holdover' as const });
    for (let turn = 0; turn < 300; turn += 1) {
      monoMs += 100.1;
      const occupied = turn % 7 < 3;
      const edge = { kind: 'loop-transition', loop: 'a', occupied, atMs: monoMs - 3.7 } as const;
      const observations: Observation[] = [{ ...edge, uncertaintyMs: 5, found: false }];
      recorder.tick(now(), observations);
      const fold = foldSite(definition, state, observations, now());
      state = fold.state;
      made.push(...fold.records);
    }
    made.push(...closeSite(definition, state, now()).records);
    await recorder.close(now());
    expect(made.length).toBeGreaterThan(40);
    expect(JSON.stringify(await replayOf(readFileSync(file, 'utf8')))).toBe(JSON.stringify(made));
  });
  test('is never written over another file', () => {
    const file = join(folder, 'road.ndjson');
    openRecorder(file, { boot: 'boot', definition, earlier: NOTHING_EARLIER });
    expect(() => openRecorder(file, { boot: 'boot', definition, earlier: NOTHING_EARLIER })).toThrow(
      /cannot record to .*EEXIST/,
    );
  });
  test.each([
    ['no recording', 'line 1: not a JSON object', 'hello'],
    ['the recording of another version', 'line 1: not the header', '{"recording":99}'],
    [
      'a line that is neither a tick nor the end',
      'line 2: neither',
      `${JSON.stringify({ recording: 2, boot: 'b', definition, earlier: NOTHING_EARLIER })}\n{}`,
    ],
  ])('%s is refused with its line', async (_name, problem, text) => {
    await expect(replayOf(text)).rejects.toThrow(problem);
  });
});
