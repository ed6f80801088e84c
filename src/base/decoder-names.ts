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
