import { expect, test } from 'vitest';
import { type Candidate, choosePrecision, type PrecisionReport, precisionFigures } from './precision.ts';

/** Runs on a clock of its own: each run takes what is given, in turn. */
function choose(
  ms: { readonly fp32: readonly number[]; readonly int8: readonly number[] },
  problem: string | null = null,
): Promise<PrecisionReport> {
  let nowMs = 0;
  const candidate = (taken: readonly number[], wrong: string | null): Candidate => {
    let runs = 0;
    return {
      problem: wrong,
      run(): Promise<void> {
        nowMs += taken[runs % taken.length] ?? 0;
        runs += 1;
        return Promise.resolve();
      },
    };
  };
  const candidates = { fp32: candidate(ms.fp32, null), int8: candidate(ms.int8, problem) };
  return choosePrecision(candidates, () => nowMs);
}

test('int8 is used where it is faster', async () => {
  const report = await choose({ fp32: [26], int8: [12] });
  expect(report).toMatchObject({ precision: 'int8', fp32Ms: 26, int8Ms: 12 });
  expect(report.note).toContain('12');
});

test('fp32 is used where int8 is slower, as on processors without dot products of bytes', async () => {
  expect(await choose({ fp32: [26], int8: [31] })).toMatchObject({ precision: 'fp32' });
});

test('int8 that fails its self-check is not used, however fast', async () => {
  const report = await choose({ fp32: [26], int8: [1] }, 'found nothing');
  expect(report).toMatchObject({ precision: 'fp32', int8Ms: null });
  expect(report.note).toContain('found nothing');
});

test('a busy moment of the machine does not decide', async () => {
  const report = await choose({ fp32: [26], int8: [400, 12, 12, 12, 12, 12] });
  expect(report).toMatchObject({ precision: 'int8', int8Ms: 12 });
});

test('a slow machine is measured by a few runs', async () => {
  expect(await choose({ fp32: [2000], int8: [900] })).toMatchObject({ precision: 'int8', int8Ms: 900 });
});

test('health shows the choice and what was measured', async () => {
  expect(precisionFigures(await choose({ fp32: [26.04], int8: [12] }))).toEqual({
    int8Chosen: 1,
    fp32P50Ms: 26,
    int8P50Ms: 12,
  });
  expect(precisionFigures(await choose({ fp32: [26], int8: [1] }, 'wrong'))).toEqual({ int8Chosen: 0 });
});
