/** The 80 classes of COCO 2017 in the order that detectors trained on it use (cocodataset.org). */
export const COCO_LABELS: readonly string[] = [
  ...['person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck', 'boat', 'traffic light'],
  ...['fire hydrant', 'stop sign', 'parking meter', 'bench', 'bird', 'cat', 'dog', 'horse', 'sheep', 'cow'],
  ...[
    'elephant',
    'bear',
    'zebra',
    'giraffe',
    'backpack',
    'umbrella',
    'handbag',
    'tie',
    'suitcase',
    'frisbee',
  ],
  ...[
    'skis',
    'snowboard',
    'sports ball',
    'kite',
    'baseball bat',
    'baseball glove',
    'skateboard',
    'surfboard',
  ],
  ...['tennis racket', 'bottle', 'wine glass', 'cup', 'fork', 'knife', 'spoon', 'bowl', 'banana', 'apple'],
  ...['sandwich', 'orange', 'broccoli', 'carrot', 'hot dog', 'pizza', 'donut', 'cake', 'chair', 'couch'],
  ...['potted plant', 'bed', 'dining table', 'toilet', 'tv', 'laptop', 'mouse', 'remote', 'keyboard'],
  ...[
    'cell phone',
    'microwave',
    'oven',
    'toaster',
    'sink',
    'refrigerator',
    'book',
    'clock',
    'vase',
    'scissors',
  ],
  ...['teddy bear', 'hair drier', 'toothbrush'],
];

/** Numbers of COCO's list of 91 that none of the 80 has (the same page: it was shortened after it had been numbered). */
const UNUSED: readonly number[] = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83];

/** The same by COCO's own numbers, as TensorFlow's and torchvision's detectors count: background is 0, car is 3. */
export const COCO_91_LABELS: readonly string[] = UNUSED.reduce<readonly string[]>(
  (labels, number) => labels.toSpliced(number, 0, 'unused'),
  ['background', ...COCO_LABELS],
);
