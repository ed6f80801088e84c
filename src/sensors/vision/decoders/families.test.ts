import { describe, expect, test } from 'vitest';
import { ENCODERS, NET } from '../../../../test/fakes/detector-outputs.ts';
import { DECODER_NAMES } from '../../../base/detector-outputs.ts';
import { familiesOf } from './families.ts';

const NET_640 = { widthPx: 640, heightPx: 640 };
type Outputs = Parameters<typeof familiesOf>[0];

function offers(outputs: Outputs): readonly string[] {
  return familiesOf(outputs, NET_640).map(({ decoder, classes }) => `${decoder} ${classes}`);
}

describe('the dimensions of the outputs tell which decoders may read them', () => {
  test.each<readonly [claim: string, dims: readonly number[], expected: readonly string[]]>([
    [
      'YOLOX at 640',
      [1, 8400, 85],
      ['yolox 80', 'yolox-decoded 80', 'yolov5 80', 'detections-with-class-scores 81'],
    ],
    ['YOLOv5 at 640', [1, 25_200, 85], ['yolov5 80', 'detections-with-class-scores 81']],
    ['YOLOv8 at 640', [1, 84, 8400], ['yolov8 80']],
    ['YOLOv10', [1, 300, 6], ['yolov10 null', 'yolov5 1', 'detections-with-class-scores 2']],
    ['Ultralytics’ RT-DETR', [1, 300, 84], ['yolov5 79', 'detections-with-class-scores 80']],
    ['a classifier', [1, 1000], []],
    ['a feature map', [1, 255, 80, 80], []],
  ])('%s', (_, dims, expected) => {
    expect(offers([{ name: 'output0', dims }])).toEqual(expected);
  });

  test('boxes and logits are offered as DETR and as SSD, with their names', () => {
    const outputs = [
      { name: 'logits', dims: [1, 300, 80] },
      { name: 'pred_boxes', dims: [1, 300, 4] },
    ];
    expect(familiesOf(outputs, NET_640)).toEqual(
      ['detr', 'ssd'].map((decoder) => ({
        decoder,
        classes: 80,
        outputs: { boxes: 'pred_boxes', scores: 'logits' },
      })),
    );
  });

  test('boxes with one label each are known by the names of the outputs', () => {
    const outputs = [
      { name: 'detection_boxes', dims: [1, 100, 4] },
      { name: 'detection_classes', dims: [1, 100] },
      { name: 'detection_scores', dims: [1, 100] },
      { name: 'num_detections', dims: [1] },
    ];
    expect(familiesOf(outputs, NET_640)[1]).toEqual({
      decoder: 'ssd',
      classes: null,
      outputs: { boxes: 'detection_boxes', scores: 'detection_scores', labels: 'detection_classes' },
      boxes: { corners: 'yxyx', unit: 'fraction' },
    });
  });

  test('the boxes of TensorFlow’s SSDs are known by their name, with tf2onnx’s :0, too', () => {
    const formatOf = (name: string): unknown =>
      familiesOf(
        [
          { name, dims: [1, 100, 4] },
          { name: 'scores', dims: [1, 100, 91] },
        ],
        NET_640,
      ).map(({ boxes }) => boxes);
    const format = { corners: 'yxyx', unit: 'fraction' };
    expect(formatOf('detection_boxes:0')).toEqual([format, format]);
    expect(formatOf('boxes')).toEqual([undefined, undefined]);
  });

  test('outputs without names are told apart by their types', () => {
    const outputs = [
      { name: '2374', type: 'float32', dims: [200, 4] },
      { name: '2379', type: 'float32', dims: [200] },
      { name: '3510', type: 'int64', dims: [200] },
    ];
    const named = { boxes: '2374', scores: '2379', labels: '3510' };
    expect(familiesOf(outputs, NET_640).map((family) => family.outputs)).toEqual([named, named]);
    expect(familiesOf(outputs.slice(0, 2), NET_640)).toEqual([]);
  });

  test('the heads beside what they amount to are passed over, the masks of a segmentation are not', () => {
    const rows = { name: 'output', dims: [1, 25_200, 85] };
    const heads = [80, 40, 20].map((side) => ({ name: `${side}`, dims: [1, 3, side, side, 85] }));
    expect(familiesOf([...heads, rows], NET_640)[0]).toEqual({
      decoder: 'yolov5',
      classes: 80,
      outputs: { rows: 'output' },
    });
    const masks = { name: 'output1', dims: [1, 32, 160, 160] };
    expect(familiesOf([{ name: 'output0', dims: [1, 116, 8400] }, masks], NET_640)).toEqual([]);
  });

  test('dimensions that only a run would tell are not guessed at', () => {
    expect(offers([{ name: 'output0', dims: ['batch', 'rows', 'columns'] }])).toEqual([]);
  });

  test.each(DECODER_NAMES)('%s is among the offers for its own outputs', (name) => {
    const outputs = Object.entries(ENCODERS[name]([])).map(([role, { dims }]) => ({ name: role, dims }));
    expect(familiesOf(outputs, NET).map(({ decoder }) => decoder)).toContain(name);
  });
});
