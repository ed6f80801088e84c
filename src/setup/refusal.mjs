/**
 * What the launcher cannot do by itself: one sentence of what is wrong, and what the reader can do about it.
 */
export class Refusal extends Error {
  /** @param {string} problem @param {string} remedy */
  constructor(problem, remedy, exitCode = 1) {
    super(problem);
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}

/**
 * One short line about a step that does something. Standard error: the output of `roadside` itself stays
 * clean.
 */
export function say(line) {
  process.stderr.write(`roadside: ${line}\n`);
}
