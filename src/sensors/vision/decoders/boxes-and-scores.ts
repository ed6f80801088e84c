import type { BoxFormat } from '../../../base/detector-outputs.ts';
import { type Claims, type DecodingRules, type Detection, detectionsOf } from '../detections.ts';
import { boxAt, CORNERS_IN_PIXELS, MIDDLE_IN_FRACTIONS } from './box-format.ts';
import { type NetOutputs, type NetShape, outputOf, rowsOf } from './net-outputs.ts';

type Options = DecodingRules & { readonly boxes?: BoxFormat };

/**
 * SSD and its kin after their own post-processing. `boxes` [1, n, 4] with either `scores` [1, n, classes] or, as
 * TensorFlow's Object Detection API and torchvision export it, `scores` [1, n] and `labels` [1, n]. The label of
 * index 0 is usually the background.
 */
export function decodeSsd(outputs: NetOutputs, net: NetShape, options: Options): readonly Detection[] {
  return detectionsOf(claimsOf(outputs, net, options.boxes ?? CORNERS_IN_PIXELS), options);
}

/**
 * RT-DETR and D-FINE. Either as the network ends, `boxes` [1, queries, 4] (middle and size in fractions) and
 * `scores` [1, queries, classes] before their sigmoid; or with the authors' post-processing, `boxes` in pixels,
 * `scores` [1, n] and `labels` [1, n]. A query is one road user: nothing is suppressed (Carion et al. 2020, DETR).
 */
export function decodeDetr(outputs: NetOutputs, net: NetShape, options: Options): readonly Detection[] {
  const isProcessed = outputs.labels !== undefined;
  const claims = claimsOf(
    outputs,
    net,
    options.boxes ?? (isProcessed ? CORNERS_IN_PIXELS : MIDDLE_IN_FRACTIONS),
  );
  const once = { ...options, iouThreshold: null };
  if (isProcessed) return detectionsOf(claims, once);
  return detectionsOf({ ...claims, scoreAt: (row, label) => sigmoid(claims.scoreAt(row, label)) }, once);
}

function claimsOf(outputs: NetOutputs, net: NetShape, format: BoxFormat): Claims {
  const boxes = outputOf(outputs, 'boxes').data;
  const scores = outputOf(outputs, 'scores').data;
  const labels = outputs.labels?.data;
  const scoreAt =
    labels === undefined
      ? (row: number, label: number): number => scores[row * net.classes + label] ?? Number.NaN
      : (row: number, label: number): number => (labels[row] === label ? (scores[row] ?? 0) : 0);
  return {
    count: rowsOf(outputOf(outputs, 'boxes'), 4),
    scoreAt,
    boxAt: (row) => boxAt(boxes, { at: 4 * row }, format, net),
  };
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
