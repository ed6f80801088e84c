import type { CommandIo } from './command-io.ts';
import { displayWidth, SCREEN_COLUMNS } from './text-table.ts';

/** Lines that stay in their place on a terminal while they change. */
export interface LiveScreen {
  show(lines: readonly string[]): void;
}

export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function createLiveScreen(io: CommandIo, terminal: Terminal = process.stdout): LiveScreen {
  let shown = 0;
  return {
    show(lines) {
      const back = shown === 0 ? '' : `\u001b[${shown}A\u001b[0J`;
      io.out(back + lines.join('\n'));
      // A line longer than the terminal is wide takes several rows of it.
      const columns = terminal.columns ?? SCREEN_COLUMNS;
      shown = lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);
    },
  };
}
