/** Recognises devices that speak without being asked: two whole frames of one device are no accident. */
import { createSpeakerWatch, type Overheard } from '../../loops/codecs/speaker-watch.ts';
import type { FrameCandidate } from './scan-steps.ts';

export const FRAMES_TO_BELIEVE = 2;
/** What is no frame on a line with one speaker: the end of one, the beginning of another, a glitch. */
const STRANGE_BYTES = 64;
/** Of what is heard, at least so much has to be frames of those who were recognised. */
const OWN_SHARE = 0.5;

export interface Speaker {
  readonly address: number;
  readonly identity: string | null;
  readonly drivers: readonly string[];
  readonly frames: number;
}

export interface Ear {
  hear(bytes: Uint8Array): void;
  readonly heardBytes: number;
  readonly speakers: readonly Speaker[];
  /** Whether a whole frame was heard, which is not enough to believe it. */
  readonly isHopeful: boolean;
  /** Whether others are at work on the line too: then not all of what was heard is explained. */
  readonly hearsOthers: boolean;
}

export function createEar(candidates: readonly FrameCandidate[]): Ear {
  const watches = candidates.flatMap((candidate) => {
    const watch = createSpeakerWatch(candidate.codec);
    return watch === null ? [] : [{ candidate, watch, frames: new Map<string, Overheard[]>() }];
  });
  let heardBytes = 0;
  let ownBytes = 0;

  const speakers = (): readonly Speaker[] => {
    const found = new Map<string, Speaker>();
    for (const { candidate, frames } of watches) {
      for (const [key, heard] of frames) {
        const [first] = heard;
        if (first === undefined || heard.length < FRAMES_TO_BELIEVE) continue;
        const { address, identity } = first;
        const drivers = [...(found.get(key)?.drivers ?? []), candidate.driver];
        found.set(key, { address, identity, drivers, frames: heard.length });
      }
    }
    return [...found.values()];
  };
  return {
    hear(bytes) {
      heardBytes += bytes.length;
      for (const { candidate, watch, frames } of watches) {
        for (const frame of watch(bytes)) {
          if (!canSay(candidate, frame)) continue;
          const key = `${frame.address} ${frame.identity}`;
          frames.set(key, [...(frames.get(key) ?? []), frame]);
          ownBytes += frame.bytes;
        }
      }
    },
    get heardBytes() {
      return heardBytes;
    },
    get speakers() {
      return speakers();
    },
    get isHopeful() {
      return ownBytes > 0;
    },
    get hearsOthers() {
      return heardBytes - ownBytes > Math.max(STRANGE_BYTES, heardBytes * (1 - OWN_SHARE));
    },
  };
}

function canSay({ addresses }: FrameCandidate, { address, identity }: Overheard): boolean {
  if (addresses === null) return identity !== null;
  return identity === null && address >= addresses.from && address <= addresses.to;
}
