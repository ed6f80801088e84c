/*
 * Writes small ONNX files (onnx/onnx.proto3, field numbers as there) whose outputs are given values: a net of any
 * family that always sees the same.
 */

export interface FakeOutput {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint16Array;
  /** The file beside the model that holds the values instead, as exporters write large models. */
  readonly beside?: string;
}

export interface FakeInput {
  readonly type: keyof typeof ELEMENT_TYPES;
  /** A text is a free dimension. */
  readonly dims: readonly (number | string)[];
}

const ELEMENT_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, float16: 10 } as const;
const OPSET = 17;
const IR_VERSION = 8;

/** An ONNX file with these inputs, which it ignores, and these outputs. */
export function onnxFile(net: {
  readonly inputs: Readonly<Record<string, FakeInput>>;
  readonly outputs: Readonly<Record<string, FakeOutput>>;
}): Buffer {
  const outputs = Object.entries(net.outputs);
  const graph = [
    ...outputs.map(([name]) => part(1, [text(1, `${name}_value`), text(2, name), text(4, 'Identity')])),
    text(2, 'fake'),
    ...outputs.map(([name, output]) => part(5, tensor(`${name}_value`, output))),
    ...Object.entries(net.inputs).map(([name, input]) => part(11, port(name, input))),
    ...outputs.map(([name, { dims, data }]) => part(12, port(name, { type: typeOf(data), dims }))),
  ];
  return Buffer.concat([whole(1, IR_VERSION), part(8, [whole(2, OPSET)]), part(7, graph)]);
}

/** Halves have no array of their own: their bits. */
function typeOf(data: FakeOutput['data']): keyof typeof ELEMENT_TYPES {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof BigInt64Array) return 'int64';
  return data instanceof Int32Array ? 'int32' : 'float16';
}

function tensor(name: string, { dims, data, beside }: FakeOutput): readonly Buffer[] {
  const content = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const isExternal = 1;
  return [
    ...dims.map((side) => whole(1, side)),
    whole(2, ELEMENT_TYPES[typeOf(data)]),
    text(8, name),
    ...(beside === undefined
      ? [bytes(9, content)]
      : [part(13, [text(1, 'location'), text(2, beside)]), whole(14, isExternal)]),
  ];
}

function port(name: string, { type, dims }: FakeInput): readonly Buffer[] {
  const sides = dims.map((side) => part(1, [typeof side === 'number' ? whole(1, side) : text(2, side)]));
  return [text(1, name), part(2, [part(1, [whole(1, ELEMENT_TYPES[type]), part(2, sides)])])];
}

/* ---- protocol buffers ---- */

function varint(value: number): Buffer {
  const groups: number[] = [];
  let left = value;
  while (left > 0x7f) {
    groups.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  return Buffer.from([...groups, left]);
}

function whole(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}

function part(field: number, parts: readonly Buffer[]): Buffer {
  return bytes(field, Buffer.concat(parts));
}
