/** A longer line is cut: its end is lost, the next line is not. */
export const LONGEST_LINE_CHARS = 2000;
/** A child that prints more than this per second is heard in part; the rest is counted. */
export const LINES_PER_S = 50;

/** Turns chunks of text into lines, with a limit on their length and on how many are passed on per second. */
export interface LineSplitter {
  push(chunk: string): void;
  /** Passes on what stands without a newline. */
  end(): void;
}

export function createLineSplitter(options: {
  readonly monoMs: () => number;
  readonly onLine: (line: string) => void;
  /** Told once per second in which lines were dropped, with the next line that is passed on or at the end. */
  readonly onDropped: (lines: number) => void;
}): LineSplitter {
  let rest = '';
  let windowStartMs = Number.NEGATIVE_INFINITY;
  let passed = 0;
  let dropped = 0;

  const reportDropped = (): void => {
    if (dropped > 0) options.onDropped(dropped);
    dropped = 0;
  };
  const emit = (line: string): void => {
    if (line.trim() === '') return;
    const nowMs = options.monoMs();
    if (nowMs - windowStartMs >= 1000) {
      windowStartMs = nowMs;
      passed = 0;
      reportDropped();
    }
    if (passed >= LINES_PER_S) {
      dropped += 1;
      return;
    }
    passed += 1;
    options.onLine(line);
  };

  return {
    push(chunk) {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(0, LONGEST_LINE_CHARS);
      for (const line of lines) emit(line.slice(0, LONGEST_LINE_CHARS));
    },
    end() {
      emit(rest);
      rest = '';
      reportDropped();
    },
  };
}
