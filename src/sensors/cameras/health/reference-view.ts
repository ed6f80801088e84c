import { type EdgeField, edgesOf } from './edge-field.ts';
import { BLOCK_CELLS, type BlockGrid, type PictureDigest } from './picture-digest.ts';
import { findShift, type ViewShift } from './view-shift.ts';

/**
 * What this camera usually shows: the edges that stay (kerbs, poles, markings, houses) and how sharp they are.
 * Traffic takes itself out of the mean.
 */
export interface ReferenceView {
  /** Enough pictures have been taken in. */
  readonly isLearned: boolean;
  /** Takes in a picture in which nothing is wrong. */
  learn(digest: PictureDigest, median: number): void;
  /** How a picture differs; null before the view is learned, or when it has too few edges to tell. */
  compare(digest: PictureDigest, median: number): ViewComparison | null;
  /** What is known, to go on from after a restart; null before the view is learned. */
  known(): LearnedView | null;
}

/** Never changed once it is handed out. */
export interface LearnedView {
  readonly edges: EdgeField;
  /** Mean squared edge, and mean sharpness, of each block. */
  readonly strength: Float32Array;
  readonly sharpness: Float32Array;
  /** How many it was learned from. */
  readonly pictures: number;
  readonly usualMedian: number;
}

export interface ViewComparison {
  /** Of the blocks with edges, the share that is as before; blurred; without any edge; with other edges. */
  readonly kept: number;
  readonly soft: number;
  readonly lost: number;
  readonly changed: number;
  /** Brightness against before, at least 1. */
  readonly lightRatio: number;
  /** Looks for where the view has gone; takes about 2 ms. */
  shift(): ViewShift;
}

/** Pictures over which the reference forgets: 5 minutes at two a second, faster than dusk falls. */
const MEMORY_PICTURES = 600;
/** Sharpness is forgotten more slowly, because dirt comes slowly: 2 hours. */
const SHARPNESS_MEMORY_PICTURES = 14_400;
/** Blocks with edges that a judgement needs. */
const BLOCKS_MIN = 8;
/** Mean squared edge of a block that has something to hold on to. */
const STRUCTURE_MIN = 0.02;
const LIKENESS_MIN = 0.3;
const LOST_BELOW = 0.3;
/** A blur over some three pixels of the detector's input halves and halves again. */
const SOFT_BELOW = 0.4;

/** Of the blocks, at the smooth end. */
const SMOOTH_SHARE = 0.1;

type LearnedBlocks = Pick<LearnedView, 'strength' | 'sharpness'>;

/** @param before what an earlier run has learned of the same view */
export function createReferenceView(learnPictures: number, before: LearnedView | null = null): ReferenceView {
  let learned: (LearnedBlocks & { readonly edges: EdgeField }) | null = before && copyOf(before);
  let pictures = before?.pictures ?? 0;
  let usualMedian = before?.usualMedian ?? 0;
  return {
    get isLearned() {
      return pictures >= learnPictures;
    },
    learn(digest, median) {
      const edges = edgesOf(digest);
      const seen = blocksOf(digest, edges);
      if (learned === null || learned.edges.x.length !== edges.x.length) {
        learned = { edges, ...seen };
        [pictures, usualMedian] = [1, median];
        return;
      }
      pictures += 1;
      const weight = 1 / Math.min(pictures, MEMORY_PICTURES);
      blend(learned.edges.x, edges.x, weight);
      blend(learned.edges.y, edges.y, weight);
      blend(learned.strength, seen.strength, weight);
      blend(learned.sharpness, seen.sharpness, 1 / Math.min(pictures, SHARPNESS_MEMORY_PICTURES));
      usualMedian += (median - usualMedian) * weight;
    },
    compare(digest, median) {
      if (learned === null || pictures < learnPictures) return null;
      const { edges: usual } = learned;
      const edges = edgesOf(digest);
      if (usual.x.length !== edges.x.length) return null;
      const shares = compareBlocks({ usual: learned, edges, seen: blocksOf(digest, edges) }, digest.blocks);
      if (shares === null) return null;
      const [darker, lighter] = [Math.min(median, usualMedian), Math.max(median, usualMedian)];
      const lightRatio = (lighter + 1) / (darker + 1);
      return { ...shares, lightRatio, shift: () => findShift(usual, edges) };
    },
    known() {
      if (learned === null || pictures < learnPictures) return null;
      return { ...copyOf(learned), pictures, usualMedian };
    },
  };
}

function copyOf({
  edges,
  strength,
  sharpness,
}: Pick<LearnedView, 'edges' | 'strength' | 'sharpness'>): LearnedBlocks & { readonly edges: EdgeField } {
  return {
    edges: { ...edges, x: edges.x.slice(), y: edges.y.slice() },
    strength: strength.slice(),
    sharpness: sharpness.slice(),
  };
}

function blend(mean: Float32Array, value: Float32Array, weight: number): void {
  for (let at = 0; at < mean.length; at += 1) {
    const was = mean[at] ?? 0;
    mean[at] = was + ((value[at] ?? 0) - was) * weight;
  }
}

/** Sharpness is a step between pixels against the step between cells: contrast and light cancel out. */
function blocksOf(digest: PictureDigest, edges: EdgeField): LearnedBlocks {
  const count = digest.blocks.columns * digest.blocks.rows;
  const strength = new Float32Array(count);
  const sharpness = new Float32Array(count);
  const noise = noiseOf(digest.fine);
  for (let block = 0; block < count; block += 1) {
    let squares = 0;
    let coarse = 0;
    for (const at of cellsOf(block, digest)) {
      squares += (edges.x[at] ?? 0) ** 2 + (edges.y[at] ?? 0) ** 2;
      coarse += ((digest.grey[at + 1] ?? 0) - (digest.grey[at] ?? 0)) ** 2;
      coarse += ((digest.grey[at + digest.columns] ?? 0) - (digest.grey[at] ?? 0)) ** 2;
    }
    strength[block] = squares / BLOCK_CELLS ** 2;
    const fine = Math.max(0, (digest.fine[block] ?? 0) - noise);
    sharpness[block] = fine / (coarse / BLOCK_CELLS ** 2 + 1);
  }
  return { strength, sharpness };
}

/**
 * The finest steps are the sensor's noise, which no blur takes away and every dusk multiplies: of the smoothest blocks,
 * such as road and sky, they are all.
 */
function noiseOf(fine: Float32Array): number {
  return fine.toSorted()[Math.floor(fine.length * SMOOTH_SHARE)] ?? 0;
}

interface Compared {
  readonly usual: LearnedBlocks & { readonly edges: EdgeField };
  readonly edges: EdgeField;
  readonly seen: LearnedBlocks;
}

function compareBlocks(compared: Compared, blocks: BlockGrid): Pick<ViewComparison, BlockFate> | null {
  const counts = { kept: 0, soft: 0, lost: 0, changed: 0 };
  let judged = 0;
  for (let block = 0; block < blocks.columns * blocks.rows; block += 1) {
    const fate = fateOf(block, compared, blocks);
    if (fate === null) continue;
    judged += 1;
    counts[fate] += 1;
  }
  if (judged < BLOCKS_MIN) return null;
  const share = (count: number): number => count / judged;
  const { kept, soft, lost, changed } = counts;
  return { kept: share(kept), soft: share(soft), lost: share(lost), changed: share(changed) };
}

type BlockFate = 'kept' | 'soft' | 'lost' | 'changed';

/** Null when the block never had an edge that stays. */
function fateOf(block: number, { usual, edges, seen }: Compared, blocks: BlockGrid): BlockFate | null {
  let both = 0;
  let ofUsual = 0;
  for (const at of cellsOf(block, { columns: edges.columns, blocks })) {
    const x = usual.edges.x[at] ?? 0;
    const y = usual.edges.y[at] ?? 0;
    both += x * (edges.x[at] ?? 0) + y * (edges.y[at] ?? 0);
    ofUsual += x * x + y * y;
  }
  const cells = BLOCK_CELLS ** 2;
  if (ofUsual / cells < STRUCTURE_MIN) return null;
  const strength = seen.strength[block] ?? 0;
  if (strength < LOST_BELOW * (usual.strength[block] ?? 0)) return 'lost';
  if (both / Math.sqrt(ofUsual * strength * cells) < LIKENESS_MIN) return 'changed';
  return (seen.sharpness[block] ?? 0) < SOFT_BELOW * (usual.sharpness[block] ?? 0) ? 'soft' : 'kept';
}

/** Indices of a block's cells. */
function* cellsOf(
  block: number,
  { columns, blocks }: { readonly columns: number; readonly blocks: BlockGrid },
): Generator<number> {
  const left = (block % blocks.columns) * BLOCK_CELLS;
  const top = Math.floor(block / blocks.columns) * BLOCK_CELLS;
  for (let row = top; row < top + BLOCK_CELLS; row += 1) {
    for (let column = left; column < left + BLOCK_CELLS; column += 1) yield row * columns + column;
  }
}
