/** Where a command writes: answers to `out`, refusals to `error`; whole lines without the line end. */
export interface CommandIo {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}
