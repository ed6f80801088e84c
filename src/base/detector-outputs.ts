/** The families of detectors whose outputs can be read; docs/models.md says which export each one is. */
export const DECODER_NAMES = [
  'detections-with-class-scores',
  'yolox',
  'yolox-decoded',
  'yolov5',
  'yolov8',
  'yolov10',
  'detr',
  'ssd',
] as const;
export type DecoderName = (typeof DECODER_NAMES)[number];

/** How a net writes the four numbers of a box. */
export interface BoxFormat {
  /**
   * `xyxy`: left, top, right, bottom; `yxyx`: top, left, bottom, right; `cxcywh`: middle, width, height;
   * `xywh`: left, top, width, height.
   */
  readonly corners: (typeof BOX_CORNERS)[number];
  /** Pixels of the net's input, or its share, 0 to 1. */
  readonly unit: (typeof BOX_UNITS)[number];
}

export const BOX_CORNERS = ['xyxy', 'yxyx', 'cxcywh', 'xywh'] as const;
export const BOX_UNITS = ['pixels', 'fraction'] as const;
