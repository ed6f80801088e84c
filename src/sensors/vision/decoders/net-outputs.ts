/** One output of a net for one picture. */
export interface OutputTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** The part that an output plays; a net with a single output has `rows`. */
export type OutputRole = 'rows' | 'boxes' | 'scores' | 'labels';
export type NetOutputs = Readonly<Partial<Record<OutputRole, OutputTensor>>>;

/** What a decoder knows of the net besides its outputs. */
export interface NetShape {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Number of labels. */
  readonly classes: number;
}

/** What an output's dimensions must be, without the batch: a number, or a name for what may be any. */
export type ExpectedDims = readonly (number | string)[];

/**
 * Whether dimensions are what was expected. A batch of one before them is the same thing; a dimension that is
 * not known before the net has run (a name, or less than 1) may become anything.
 */
export function fitsDims(dims: readonly (number | string)[], expected: ExpectedDims): boolean {
  const batch = dims[0];
  const own = dims.length === expected.length + 1 && (!isKnown(batch) || batch === 1) ? dims.slice(1) : dims;
  return (
    own.length === expected.length &&
    own.every((side, axis) => !isKnown(side) || !isKnown(expected[axis]) || side === expected[axis])
  );
}

function isKnown(side: number | string | undefined): side is number {
  return typeof side === 'number' && side >= 1;
}

/** An output that was checked to be there when the model was loaded. */
export function outputOf(outputs: NetOutputs, role: OutputRole): OutputTensor {
  const output = outputs[role];
  if (output === undefined) throw new RangeError(`the net has no output for ${role}`);
  return output;
}

/** Rows of an output whose last dimension is a row of so many values. */
export function rowsOf(output: OutputTensor, columns: number): number {
  return Math.floor(output.data.length / columns);
}
