import { messageOf, RoadsideError } from '../../../base/errors.ts';
import type { StreamCopy } from '../camera-capture.ts';
import type { SeenRoadUser } from './blur-policy.ts';
import { createFragmentReader, type FragmentReader, type StreamPart } from './fragment-reader.ts';
import { openStreamRing, type RingCut, type StreamRing } from './stream-ring.ts';
import { type StreamSize, streamSizeOf } from './stream-size.ts';

/** What one camera can show of the last seconds. */
export interface CameraEvidence {
  /** Takes the camera's own packets from its decoder. */
  readonly copy: StreamCopy;
  /** What was seen in a picture, for who blurs it. */
  saw(atMs: number, roadUsers: readonly SeenRoadUser[]): void;
  /** All road users seen around a moment; null when nobody looked then. */
  seenAround(atMs: number): readonly SeenRoadUser[] | null;
  /** Resolves when the stream is held up to a moment, or will not come any more. */
  heldUntil(ms: number): Promise<void>;
  /** As the ring's; null when it holds nothing of that moment. */
  cut(asked: { readonly fromMs: number; readonly atMs: number; readonly toMs: number }): RingCut | null;
  /** Of the stream that runs; null before it says so. */
  readonly streamSize: StreamSize | null;
  readonly ringBytes: number;
  readonly lost: number;
  close(): Promise<void>;
}

export interface CameraEvidenceOptions {
  /** The ring's own folder. */
  readonly folder: string;
  /** What a clip may ask for. */
  readonly spanMs: number;
  readonly monoMs: () => number;
  /** What keeps the ring from being written, or null when it is written again. */
  onProblem(problem: string | null): void;
}

/** A fragment of 4 s, the time until an incident's request is here, and a disk that is behind. */
const RING_MARGIN_MS = 12_000;
/** 32 s at 16 Mbit/s. */
const RING_LIMIT_BYTES = 64 * 1024 * 1024;
/** A fragment comes 4 s late at most; after this its camera is gone. */
const AWAITED_MS = 8000;
/** Pictures come for this long and no fragment: the copy has failed without a word. */
const MISSED_AFTER_MS = 20_000;
/** A detector of a few pictures a second has looked once within this. */
const SEEN_WITHIN_MS = 250;

export function createCameraEvidence(options: CameraEvidenceOptions): CameraEvidence {
  const { folder, spanMs, monoMs, onProblem } = options;
  const keepMs = spanMs + RING_MARGIN_MS;
  let ring: StreamRing | null = null;
  let reader: FragmentReader | null = null;
  let head: StreamPart | null = null;
  let streamSize: StreamSize | null = null;
  let heldToMs = Number.NEGATIVE_INFINITY;
  let begunAtMs = Number.NEGATIVE_INFINITY;
  let waiting: readonly { readonly ms: number; readonly resolve: () => void }[] = [];
  let seen: readonly { readonly atMs: number; readonly roadUsers: readonly SeenRoadUser[] }[] = [];

  const wake = (isDue: (ms: number) => boolean): void => {
    const due = waiting.filter(({ ms }) => isDue(ms));
    waiting = waiting.filter(({ ms }) => !isDue(ms));
    for (const { resolve } of due) resolve();
  };
  const onWritten = (error: unknown): void => onProblem(error === null ? null : messageOf(error));
  /** A folder that could not be made may be possible at the next fragment. */
  const openRing = (atMs: number): StreamRing => {
    if (ring !== null) return ring;
    const opened = openStreamRing({ folder, keepMs, maxBytes: RING_LIMIT_BYTES, onWritten });
    if (head !== null) opened.push(head, atMs);
    ring = opened;
    return opened;
  };
  const take = (part: StreamPart, atMs: number): void => {
    if (part.kind === 'head') {
      head = part;
      streamSize = streamSizeOf(part.bytes);
    }
    openRing(atMs).push(part, atMs);
    if (part.kind === 'head') return;
    heldToMs = atMs;
    wake((ms) => ms <= heldToMs);
  };

  return {
    copy: {
      begin() {
        begunAtMs = monoMs();
        reader = createFragmentReader();
        head = null;
        streamSize = null;
        ring?.begin();
        wake(() => true);
      },
      write(chunk, atMs) {
        try {
          for (const part of reader?.write(chunk) ?? []) take(part, atMs);
        } catch (error) {
          // What cannot be read is let pass until the next stream begins; what has no place to go may have one later.
          if (error instanceof RoadsideError) reader = null;
          onProblem(messageOf(error));
        }
      },
      refused: (detail) => onProblem(`ffmpeg cannot copy this stream: ${detail.trim().slice(-200)}`),
    },
    saw(atMs, roadUsers) {
      if (atMs - Math.max(heldToMs, begunAtMs) > MISSED_AFTER_MS)
        onProblem('no packets come beside the pictures');
      seen = [...seen.filter((picture) => picture.atMs > atMs - keepMs), { atMs, roadUsers }];
    },
    seenAround(atMs) {
      const around = seen.filter((picture) => Math.abs(picture.atMs - atMs) <= SEEN_WITHIN_MS);
      return around.length === 0 ? null : around.flatMap(({ roadUsers }) => roadUsers);
    },
    async heldUntil(ms) {
      if (ms <= heldToMs) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiter = { ms, resolve };
      waiting = [...waiting, waiter];
      const timer = setTimeout(resolve, Math.max(0, ms - monoMs()) + AWAITED_MS);
      await promise;
      clearTimeout(timer);
      // A camera that is gone for good wakes nobody.
      waiting = waiting.filter((other) => other !== waiter);
    },
    cut: (asked) => ring?.cut(asked) ?? null,
    get streamSize() {
      return streamSize;
    },
    get ringBytes() {
      return ring?.bytes ?? 0;
    },
    get lost() {
      return ring?.lost ?? 0;
    },
    async close() {
      reader = null;
      wake(() => true);
      await ring?.close();
    },
  };
}
