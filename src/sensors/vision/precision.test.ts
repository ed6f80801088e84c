import { expect, test } from 'vitest';
import { type Candidate, choosePrecision, type PrecisionReport, precisionFigures } from './precision.ts';

/** Runs on a clock of its own: each run takes what is given, in turn. */
function choose(
  ms: { readonly fp32: readonly number[]; readonly int8: readonly number[] },
  more: { readonly problem?: string; readonly picturesPerS?: number } = {},
): Promise<PrecisionReport> {
  const { problem = null, picturesPerS = null } = more;
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
  return choosePrecision(candidates, { picturesPerS, monoMs: () => nowMs });
}

test('int8 is used where it is faster and nobody knows how much is asked', async () => {
  const report = await choose({ fp32: [26], int8: [12] });
  expect(report).toMatchObject({ precision: 'int8', fp32Ms: 26, int8Ms: 12 });
  expect(report.note).toContain('12');
});

test.each([
  [10, 'fp32'],
  [19, 'fp32'],
  [20, 'int8'],
  [160, 'int8'],
] as const)(
  'at 26 ms a picture in fp32, %d pictures a second are computed in %s',
  async (picturesPerS, chosen) => {
    const report = await choose({ fp32: [26], int8: [12] }, { picturesPerS });
    expect(report.precision).toBe(chosen);
    expect(report.note).toContain(`${picturesPerS} pictures`);
  },
);

test('a machine that is too slow for both uses the faster one', async () => {
  expect(await choose({ fp32: [900], int8: [950] }, { picturesPerS: 40 })).toMatchObject({
    precision: 'fp32',
  });
  expect(await choose({ fp32: [950], int8: [900] }, { picturesPerS: 40 })).toMatchObject({
    precision: 'int8',
  });
});

test('fp32 is used where int8 is slower, as on processors without dot products of bytes', async () => {
  expect(await choose({ fp32: [26], int8: [31] })).toMatchObject({ precision: 'fp32' });
});

test('int8 that fails its self-check is not used, however fast', async () => {
  const report = await choose({ fp32: [26], int8: [1] }, { problem: 'found nothing' });
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
  expect(precisionFigures(await choose({ fp32: [26], int8: [1] }, { problem: 'wrong' }))).toEqual({
    int8Chosen: 0,
  });
});
