/** A tensor as it goes into a net or comes out of it. */
export type NetTensor =
  | { readonly type: 'uint8'; readonly dims: readonly number[]; readonly data: Uint8Array }
  | { readonly type: 'float32'; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly type: 'int64'; readonly dims: readonly number[]; readonly data: BigInt64Array }
  | { readonly type: 'int32'; readonly dims: readonly number[]; readonly data: Int32Array }
  | { readonly type: 'other'; readonly dims: readonly number[]; readonly named: string };

/** An input or output as the file declares it: a dimension that is free has a name, or is below 1. */
export interface NetPort {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
}

/** One loaded ONNX file. */
export interface Network {
  readonly inputs: readonly NetPort[];
  readonly outputs: readonly NetPort[];
  /** Computes on the calling thread. Throws what the runtime throws. */
  run(feeds: ReadonlyMap<string, NetTensor>): Promise<ReadonlyMap<string, NetTensor>>;
  release(): Promise<void>;
}

/** `name float32[1, 3, height, 640]` */
export function portText({ name, type, dims }: NetPort): string {
  return `${name} ${type}[${dims.map((side) => (side === -1 ? '?' : side)).join(', ')}]`;
}
