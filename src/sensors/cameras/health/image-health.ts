import type { PicturePlacement } from '../../vision/camera-picture.ts';
import { type Exposure, judgeExposure } from './exposure.ts';
import { digestPicture, type PictureDigest } from './picture-digest.ts';
import { createReferenceView, type LearnedView, type ViewComparison } from './reference-view.ts';
import { createStillness } from './stillness.ts';

/** What is wrong with a picture; the code of the camera's fault. */
export type ImageProblem = 'black' | 'too-dark' | 'overexposed' | 'covered' | 'frozen' | 'moved' | 'blurred';

/** A problem that opened or closed. */
export interface ImageFault {
  readonly code: ImageProblem;
  readonly detail: string;
  readonly active: boolean;
  readonly atMs: number;
}

/** Judges whether a camera's pictures show what they should; reads no clock. */
export interface ImageHealth {
  /** Looks at a picture if one is due, and returns the faults that open or close with it. */
  inspect(pixels: Uint8Array, atMs: number): readonly ImageFault[];
  /** Whether what the camera shows may be taken for the road. False from the first doubt on, before the fault. */
  readonly isTrusted: boolean;
  /** What is wrong now, or an empty string. */
  readonly note: string;
}

export interface ImageHealthTiming {
  readonly inspectEveryMs: number;
  /** So many pictures make the reference view: a minute. */
  readonly learnPictures: number;
  /** Without any change for this long, a picture is doubted: less than a standing vehicle needs for an incident. */
  readonly stillAfterMs: number;
  /** A doubt opens a fault after this; stillness later, because a perfect sensor before an empty road is still, too. */
  readonly openAfterMs: number;
  readonly frozenAfterMs: number;
  /** A fault closes after this without a doubt. */
  readonly closeAfterMs: number;
  /** A doubt that lasts less is a lorry before the lens, or headlights in it. */
  readonly distrustAfterMs: number;
  readonly searchEveryMs: number;
  /** The view that is kept for after a restart follows the seasons, and spares the disk. */
  readonly keepEveryMs: number;
}

export const IMAGE_HEALTH_TIMING: ImageHealthTiming = {
  inspectEveryMs: 500,
  learnPictures: 120,
  stillAfterMs: 3000,
  openAfterMs: 20_000,
  frozenAfterMs: 40_000,
  closeAfterMs: 10_000,
  distrustAfterMs: 2000,
  searchEveryMs: 5000,
  keepEveryMs: 1_800_000,
};

const DETAIL: Readonly<Record<ImageProblem, string>> = {
  black: 'the picture is black',
  'too-dark': 'hardly anything is brighter than the darkest grey',
  overexposed: 'most of the picture is pure white',
  covered: 'most of what the camera usually shows is gone, and nothing is in its place',
  frozen: 'the stream runs, but its picture does not change, not even by noise',
  moved: 'what the camera usually shows lies elsewhere',
  blurred: 'the edges of what the camera usually shows have become soft',
};
const PROBLEMS = Object.keys(DETAIL).filter((code): code is ImageProblem => code in DETAIL);

/** A share of the blocks beyond what traffic and shadows hide. */
const MOST = 0.6;
/** A view is elsewhere when its edges are found there so well, and so much better than in place. */
const FOUND_LIKENESS = 0.3;
const FOUND_RATIO = 1.4;
/** Another view altogether, if it is not another light: switching lamps changes most edges, too. */
const FOREIGN_LIKENESS = 0.12;
const FOREIGN_LIGHT_RATIO = 1.6;

/** What outlives the process: how the camera usually looks. */
export interface ViewMemory {
  /** Of an earlier run; null when nothing is known of this view. */
  readonly before: LearnedView | null;
  keep(view: LearnedView): void;
  /** Why it does not do what it is for, with the remedy in both languages; usually an empty string. */
  readonly note: string;
}

const NO_MEMORY: ViewMemory = { before: null, keep: () => undefined, note: '' };

export function createImageHealth(
  placement: Pick<PicturePlacement, 'netWidthPx' | 'scaledWidthPx' | 'scaledHeightPx'>,
  options: Partial<ImageHealthTiming> = {},
  memory: ViewMemory = NO_MEMORY,
): ImageHealth {
  const timing = { ...IMAGE_HEALTH_TIMING, ...options };
  const stillness = createStillness();
  const view = createReferenceView(timing.learnPictures, memory.before);
  let keptMs = memory.before === null ? Number.NEGATIVE_INFINITY : null;
  const gauges = PROBLEMS.map((code) => createGauge(code, timing));
  let inspectedMs = Number.NEGATIVE_INFINITY;
  let searchedMs = Number.NEGATIVE_INFINITY;
  let isMoved = false;
  let moreThan = '';
  const detailOf = (code: ImageProblem): string => `${DETAIL[code]}${code === 'moved' ? moreThan : ''}`;

  const judgeView = (digest: PictureDigest, { median }: Exposure, atMs: number): ImageProblem | null => {
    const compared = view.compare(digest, median);
    if (compared === null) return null;
    if (compared.lost >= MOST) return 'covered';
    if (atMs - searchedMs >= timing.searchEveryMs) {
      searchedMs = atMs;
      ({ isMoved, moreThan } = judgeShift(compared));
    }
    if (isMoved) return 'moved';
    return compared.soft + compared.lost >= MOST ? 'blurred' : null;
  };
  const judge = (digest: PictureDigest, atMs: number): ImageProblem | null => {
    const exposure = judgeExposure(digest);
    const stillMs = stillness(digest, atMs);
    const problem = exposure.problem ?? (stillMs >= timing.stillAfterMs ? 'frozen' : null);
    const found = problem ?? judgeView(digest, exposure, atMs);
    // A fault that is open still lasts while its end is in doubt.
    if (found === null && gauges.every(({ isOpen }) => !isOpen)) learn(digest, exposure, atMs);
    return found;
  };
  const learn = (digest: PictureDigest, { median }: Exposure, atMs: number): void => {
    view.learn(digest, median);
    keptMs ??= atMs;
    if (atMs - keptMs < timing.keepEveryMs) return;
    const known = view.known();
    if (known === null) return;
    keptMs = atMs;
    memory.keep(known);
  };

  return {
    inspect(pixels, atMs) {
      if (atMs - inspectedMs < timing.inspectEveryMs) return [];
      // Time without pictures is a fault of its own and says nothing about them.
      const elapsedMs = Math.min(atMs - inspectedMs, 2 * timing.inspectEveryMs);
      inspectedMs = atMs;
      const problem = judge(digestPicture(pixels, placement), atMs);
      return gauges.flatMap((gauge) => {
        const changed = gauge.step(gauge.code === problem, elapsedMs);
        if (changed === null) return [];
        const { code } = gauge;
        return [{ code, detail: detailOf(code), active: changed === 'opened', atMs }];
      });
    },
    get isTrusted() {
      return gauges.every((gauge) => !gauge.isDoubted);
    },
    get note() {
      const open = gauges.filter(({ isOpen }) => isOpen);
      const notes = [...open.map(({ code }) => detailOf(code)), memory.note];
      return notes.filter((note) => note !== '').join('; ');
    },
  };
}

function judgeShift(compared: ViewComparison): { readonly isMoved: boolean; readonly moreThan: string } {
  const { xShare, yShare, rollDeg, zoom, likeness, likenessInPlace } = compared.shift();
  const isElsewhere = xShare !== 0 || yShare !== 0 || rollDeg !== 0 || zoom !== 1;
  if (isElsewhere && likeness >= FOUND_LIKENESS && likeness >= FOUND_RATIO * likenessInPlace) {
    const pct = (share: number): string => `${Math.round(share * 100)} %`;
    const turned = rollDeg === 0 ? '' : `, turned by about ${rollDeg}°`;
    const grown = zoom === 1 ? '' : `, about ${zoom} times as large`;
    const by = `, by ${pct(xShare)} of its width and ${pct(yShare)} of its height`;
    return { isMoved: true, moreThan: `${by}${turned}${grown}` };
  }
  const isForeign =
    compared.changed >= MOST &&
    Math.max(likeness, likenessInPlace) < 2 * FOREIGN_LIKENESS &&
    likenessInPlace < FOREIGN_LIKENESS &&
    compared.lightRatio < FOREIGN_LIGHT_RATIO;
  return { isMoved: isForeign, moreThan: isForeign ? ': the picture shows another place' : '' };
}

interface Gauge {
  readonly code: ImageProblem;
  readonly isOpen: boolean;
  readonly isDoubted: boolean;
  step(isSeen: boolean, elapsedMs: number): 'opened' | 'closed' | null;
}

/**
 * Rises while a problem is seen and falls while it is not; opens at the top and closes at the bottom. A doubt ends
 * with the first picture that shows the road, so that a dull moment costs no vehicle.
 */
function createGauge(code: ImageProblem, timing: ImageHealthTiming): Gauge {
  const { closeAfterMs, distrustAfterMs } = timing;
  const openAfterMs = code === 'frozen' ? timing.frozenAfterMs : timing.openAfterMs;
  let level = 0;
  let isOpen = false;
  let wasSeen = false;
  return {
    code,
    get isOpen() {
      return isOpen;
    },
    get isDoubted() {
      return isOpen || (wasSeen && level * openAfterMs >= distrustAfterMs);
    },
    step(isSeen, elapsedMs) {
      wasSeen = isSeen;
      const fallMs = isOpen ? closeAfterMs : distrustAfterMs;
      level += isSeen ? elapsedMs / openAfterMs : -elapsedMs / fallMs;
      level = Math.min(1, Math.max(0, level));
      if (level !== (isOpen ? 0 : 1)) return null;
      isOpen = !isOpen;
      return isOpen ? 'opened' : 'closed';
    },
  };
}
