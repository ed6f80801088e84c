import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CaptureProblemCode } from '../../sensors/cameras/capture-problem.ts';
import { adviceOn, FAULT_ADVICE } from './fault-codes.table.ts';
import { LOOP_FAULT_POLICY } from './fault-policy.table.ts';

const SENSORS = new URL('../../sensors', import.meta.url).pathname;

/** A new code of the cameras does not compile here until it is in this list. */
const CAMERA_CODES: Readonly<Record<CaptureProblemCode, true>> = {
  'address-invalid': true,
  ended: true,
  'ffmpeg-missing': true,
  'no-decoder': true,
  'not-found': true,
  stalled: true,
  unauthorized: true,
  unreachable: true,
};

/** Codes as the readers of devices write them beside their layer. */
function codesIn(folder: string): { readonly layer: string; readonly code: string }[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const claims = text.matchAll(/layer: '([a-z]+)',\s*code: '([a-z-]+)'/g);
      return [...claims].map(([, layer = '', code = '']) => ({ layer, code }));
    });
}

describe('advice on faults', () => {
  test('is there for every fault of a loop that has a policy', () => {
    for (const code of Object.keys(LOOP_FAULT_POLICY)) {
      expect(adviceOn({ layer: 'channel', code }), code).not.toBeNull();
    }
  });
  test('is there for every fault that a device reader names', () => {
    const ofCameras = Object.keys(CAMERA_CODES).map((code) => ({ layer: 'camera', code }));
    const named = [...codesIn(SENSORS), ...ofCameras];
    expect(named.length).toBeGreaterThan(ofCameras.length);
    for (const { layer, code } of named)
      expect(FAULT_ADVICE[`${layer}/${code}`], `${layer}/${code}`).toBeDefined();
  });
  test('is written in both languages, in whole sentences', () => {
    for (const { meaning, remedy, chinese } of Object.values(FAULT_ADVICE)) {
      expect(meaning).toMatch(/^[A-Za-z].*\.$/);
      expect(remedy).toMatch(/^[A-Za-z].*[.?]$/);
      expect(`${chinese.meaning}${chinese.remedy}`).toMatch(/^.*\p{Script=Han}.*。$/u);
    }
  });
  test('is none for a code that nobody knows', () => {
    expect(adviceOn({ layer: 'channel', code: 'moonshine' })).toBeNull();
  });
});
