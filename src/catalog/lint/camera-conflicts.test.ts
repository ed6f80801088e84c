import { expect, test } from 'vitest';
import { siteSchema } from '../schema/site.ts';
import { lintCameras } from './camera-conflicts.ts';

const LOGIN = { user: 'viewer', passwordFile: '/etc/roadside/camera' };

function findings(source: object, decoder?: string) {
  const lane = {
    lane: 'north-1',
    polygon: [
      [100, 50],
      [300, 50],
      [300, 300],
      [100, 300],
    ],
    countLine: [
      [100, 200],
      [300, 200],
    ],
    direction: [
      [200, 60],
      [200, 290],
    ],
  };
  const camera = {
    id: 'cam-1',
    source,
    picture: { widthPx: 640, heightPx: 360 },
    lanes: [lane],
    ...(decoder === undefined ? {} : { decoder }),
  };
  const site = siteSchema.parse({
    version: 1,
    site: { id: 'demo', name: 'Demo' },
    approaches: [{ id: 'north', name: 'North', lanes: [{ number: 1 }] }],
    cameras: [camera],
    uplink: { url: 'mqtts://platform.example:8883' },
  });
  return lintCameras(site).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test.each([
  { kind: 'rtsp', url: 'rtsps://10.0.0.9/stream1' },
  { kind: 'http-mjpeg', url: 'https://10.0.0.9/video.mjpg' },
])('a camera by $kind needs user and password together', (source) => {
  expect(findings({ ...source, ...LOGIN })).toEqual([]);
  expect(findings(source)).toEqual([]);
  expect(findings({ ...source, user: LOGIN.user })).toEqual([
    'cameras.0.source: expected passwordFile too, found nothing',
  ]);
});

test('an address of another protocol than its kind is refused', () => {
  expect(() => findings({ kind: 'http-mjpeg', url: 'rtsp://10.0.0.9/stream1' })).toThrow();
  expect(() => findings({ kind: 'rtsp', url: 'http://10.0.0.9/video.mjpg' })).toThrow();
});

test('a decoder for one codec is refused for a camera that sends another', () => {
  const jpeg = { kind: 'http-mjpeg', url: 'http://10.0.0.9/video.mjpg' };
  expect(findings(jpeg, 'h264-v4l2m2m')).toEqual([
    'cameras.0.decoder: expected a decoder for JPEG, found h264-v4l2m2m',
  ]);
  expect(findings(jpeg, 'vaapi')).toEqual([]);
  expect(findings({ kind: 'rtsp', url: 'rtsp://10.0.0.9/stream1' }, 'h264-v4l2m2m')).toEqual([]);
});
