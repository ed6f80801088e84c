import { expect, test } from 'vitest';
import { oneCameraSite } from '../../../test/fakes/one-camera-site.ts';
import { lintCameras } from './camera-conflicts.ts';

const LOGIN = { user: 'viewer', passwordFile: '/etc/roadside/camera' };

function findings(source: object, decoder?: string) {
  const camera = { source, ...(decoder === undefined ? {} : { decoder }) };
  return lintCameras(oneCameraSite({ camera })).map(({ path, message }) => `${path.join('.')}: ${message}`);
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
