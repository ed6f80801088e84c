/** The last values of a figure, for its median. */
export interface RecentValues {
  push(value: number): void;
  /** 0 while there is no value. */
  median(): number;
}

export function createRecentValues(limit: number): RecentValues {
  const values: number[] = [];
  let next = 0;
  return {
    push(value) {
      values[next] = value;
      next = (next + 1) % limit;
    },
    median() {
      return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    },
  };
}
