import { boxesIn } from './fragment-reader.ts';

export interface StreamSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Where the one track describes its pictures (ISO/IEC 14496-12, 8.5.2 and 12.1.3). */
const DESCRIPTION = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'];
/** Version and count of the description; then the head of its first entry. */
const ENTRY_AT = 8;
const WIDTH_AT = ENTRY_AT + 8 + 24;

/** Pixels of a stream's pictures as its head says; null where it does not. */
export function streamSizeOf(head: Buffer): StreamSize | null {
  try {
    const description = DESCRIPTION.reduce<Buffer | undefined>(
      (bytes, type) => bytes && boxesIn(bytes).find((box) => box.type === type)?.body,
      head,
    );
    if (description === undefined || description.length < WIDTH_AT + 4) return null;
    const [widthPx, heightPx] = [description.readUInt16BE(WIDTH_AT), description.readUInt16BE(WIDTH_AT + 2)];
    return widthPx > 0 && heightPx > 0 ? { widthPx, heightPx } : null;
  } catch {
    // A head that the ring can use need not be one that tells this.
    return null;
  }
}

/** The same view in another size fits as it was drawn; a drawing on pictures of yet another size counts nothing. */
export function sizeNote(picture: StreamSize, stream: StreamSize | null): string {
  if (stream === null) return '';
  if (stream.widthPx === picture.widthPx && stream.heightPx === picture.heightPx) return '';
  return (
    `the stream is ${stream.widthPx} x ${stream.heightPx}, picture says ${picture.widthPx} x ${picture.heightPx}: ` +
    'right only if the lanes were drawn in that size 视频与 picture 尺寸不同'
  );
}
