import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFragmentReader } from '../../src/sensors/cameras/evidence/fragment-reader.ts';
import { makeIncidentPicture } from '../../src/sensors/cameras/evidence/incident-picture.ts';
import { openStreamRing, type StreamRing } from '../../src/sensors/cameras/evidence/stream-ring.ts';
import { outputOf, QUIET } from './camera-evidence-stand.ts';

/** Ten pictures a second, a fragment of one second after the other. */
const SECONDS = 3;
const COPIED = [
  ...['-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=10:duration=${SECONDS}`],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-keyint_min', '10', '-sc_threshold', '0'],
  ...['-movflags', 'frag_keyframe+empty_moov+default_base_moof+skip_trailer', '-f', 'mp4', 'pipe:1'],
];
const ANNOTATION = { configured: { widthPx: 320, heightPx: 240 }, marks: [], caption: [], blur: [] };

let folder: string;
let ring: StreamRing;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-moments-'));
  ring = openStreamRing({ folder, keepMs: 60_000, maxBytes: 10_000_000, onWritten: () => undefined });
  let toMs = 0;
  for (const part of createFragmentReader().write(await outputOf('ffmpeg', [...QUIET, ...COPIED]))) {
    if (part.kind === 'fragment') toMs += 1000;
    ring.push(part, toMs);
  }
});
afterAll(async () => {
  await ring.close();
  await rm(folder, { recursive: true });
});

test.each([0, 500, 930, 999, 1000, 1950, 2899, 2950, 2999, 3000])(
  'an incident at %i ms of a stream has its picture, however close to the end of what is held',
  async (atMs) => {
    const cut = ring.cut({ fromMs: atMs, atMs, toMs: atMs });
    if (cut === null) throw new Error('nothing is held of that moment');
    const jpeg = await makeIncidentPicture({ ffmpeg: 'ffmpeg', cut, atMs, annotation: ANNOTATION });
    expect(jpeg.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  },
);
