/** A lower triangle, row by row. */
export type Triangle = readonly (readonly number[])[];

/** A pivot below this share of its own diagonal element is zero but for rounding. */
const MIN_PIVOT_SHARE = 1e-12;

/**
 * The lower triangle L with L·Lᵀ = matrix, for a symmetric matrix such as that of normal equations.
 *
 * @returns null when the matrix is singular: the equations leave an unknown open
 */
export function choleskyOf(matrix: readonly (readonly number[])[]): Triangle | null {
  const lower: number[][] = [];
  for (const [i, row] of matrix.entries()) {
    const own: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const other = j === i ? own : (lower[j] ?? []);
      const rest = (row[j] ?? 0) - dot(own, other, j);
      if (j < i) own.push(rest / (other[j] ?? 1));
      else if (rest > MIN_PIVOT_SHARE * (row[j] ?? 0)) own.push(Math.sqrt(rest));
      else return null;
    }
    lower.push(own);
  }
  return lower;
}

/** x with L·Lᵀ·x = right. */
export function solveCholesky(lower: Triangle, right: readonly number[]): readonly number[] {
  const forward: number[] = [];
  for (const [i, row] of lower.entries()) {
    forward.push(((right[i] ?? 0) - dot(row, forward, i)) / (row[i] ?? 1));
  }
  return solveTransposed(lower, forward);
}

/** x with Lᵀ·x = right. */
export function solveTransposed(lower: Triangle, right: readonly number[]): readonly number[] {
  const x = [...right];
  for (let i = lower.length - 1; i >= 0; i -= 1) {
    for (let j = i + 1; j < lower.length; j += 1) x[i] = (x[i] ?? 0) - (lower[j]?.[i] ?? 0) * (x[j] ?? 0);
    x[i] = (x[i] ?? 0) / (lower[i]?.[i] ?? 1);
  }
  return x;
}

function dot(a: readonly number[], b: readonly number[], count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
