import { MS_PER_S, round } from '../../base/units.ts';

export type Precision = 'fp32' | 'int8';

/** One precision of a model, loaded and tried. */
export interface Candidate {
  /** Null when its detections are what the card expects. */
  readonly problem: string | null;
  /** Runs it once. */
  run(): Promise<unknown>;
}

/** Which precision is used, and why; for the health of the process. */
export interface PrecisionReport {
  readonly precision: Precision;
  /** Median ms of one run. */
  readonly fp32Ms: number | null;
  readonly int8Ms: number | null;
  /** One line for people. */
  readonly note: string;
  /** The note is a warning: the other precision cannot be used here, though the card offers it. */
  readonly isWarning: boolean;
}

/** The report as figures of the process's health; what was not measured is left out. */
export function precisionFigures({
  precision,
  fp32Ms,
  int8Ms,
}: PrecisionReport): Readonly<Record<string, number>> {
  return {
    int8Chosen: precision === 'int8' ? 1 : 0,
    ...(fp32Ms !== null && { fp32P50Ms: round(fp32Ms, 1) }),
    ...(int8Ms !== null && { int8P50Ms: round(int8Ms, 1) }),
  };
}

/** Both take turns for this long, so that a busy moment of the machine hits both. */
const MEASURE_FOR_MS = 1000;
const FEWEST_TURNS = 5;

/**
 * fp32 finds what int8 finds, with steadier boxes (docs/models.md): it is used where it takes no more than this
 * share of the detector's time. The rest is for a processor that gets hot and slow, and for what else runs on it.
 */
const FP32_SHARE = 0.5;

/**
 * fp32 where the machine has time for it, else the faster of two precisions that are both right. int8 is fast only on
 * processors with dot products of bytes (VNNI and its like), and without them some kernels saturate and are wrong: so
 * both are tried on the machine.
 *
 * @param how `picturesPerS`: what all cameras ask for together; null where nobody knows, then the faster one is used
 */
export async function choosePrecision(
  candidates: Readonly<Record<Precision, Candidate>>,
  how: { readonly picturesPerS: number | null; readonly monoMs: () => number },
): Promise<PrecisionReport> {
  const { picturesPerS, monoMs } = how;
  const { int8 } = candidates;
  if (int8.problem !== null) {
    const note = `int8 is wrong here: ${int8.problem}`;
    return { precision: 'fp32', fp32Ms: null, int8Ms: null, note, isWarning: true };
  }
  const taken = { fp32: [] as number[], int8: [] as number[] };
  const turn = async (precision: Precision): Promise<void> => {
    const startedAtMs = monoMs();
    await candidates[precision].run();
    taken[precision].push(monoMs() - startedAtMs);
  };
  const startedAtMs = monoMs();
  while (taken.int8.length < FEWEST_TURNS || monoMs() - startedAtMs < MEASURE_FOR_MS) {
    await turn('fp32');
    await turn('int8');
  }
  const [fp32Ms, int8Ms] = [median(taken.fp32), median(taken.int8)];
  const hasTime = picturesPerS !== null && fp32Ms * picturesPerS <= FP32_SHARE * MS_PER_S;
  const precision = hasTime || fp32Ms <= int8Ms ? 'fp32' : 'int8';
  const asked = picturesPerS === null ? '' : ` for ${round(picturesPerS, 1)} pictures a second`;
  const note = `${precision} is used${asked}: int8 takes ${round(int8Ms, 1)} ms, fp32 ${round(fp32Ms, 1)} ms`;
  return { precision, fp32Ms, int8Ms, note, isWarning: false };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
