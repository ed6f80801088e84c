/**
 * Our camera capture and nothing behind it: capture-reader URL FRAMES_PER_SECOND. Prints for each picture the number
 * in it and the monotonic ms at which all of it lay in this process's memory.
 */
import { monotonicMs } from '../../../src/base/clock.ts';
import { createCameraCapture } from '../../../src/sensors/cameras/camera-capture.ts';
import { placePicture } from '../../../src/sensors/vision/camera-picture.ts';
import { readTimeCode } from './time-code.ts';

const [url = '', framesPerSecond = ''] = process.argv.slice(2);
const PICTURE = { widthPx: 1920, heightPx: 1080 };
/** That of the shipped model. */
const NET = { inputWidthPx: 416, inputHeightPx: 256 };

const placement = placePicture({ picture: PICTURE, crop: { x: 0, y: 0, ...PICTURE } }, NET);
const capture = createCameraCapture({
  plan: {
    source: { kind: 'rtsp', url, user: null, password: null },
    framesPerSecond: Number(framesPerSecond),
  },
  placement,
  onFrame() {
    const frame = capture.take();
    if (frame === null) return;
    const atMs = monotonicMs();
    const size = { rowPx: placement.netWidthPx, widthPx: placement.scaledWidthPx };
    process.stdout.write(`${readTimeCode(frame.pixels, size) ?? -1} ${atMs}\n`);
  },
  onFault: ({ code, detail, active }) => {
    if (active) process.stderr.write(`${code}: ${detail}\n`);
  },
});
process.on('SIGTERM', () => void capture.stop().then(() => process.exit(0)));
capture.start();
