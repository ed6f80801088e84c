import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

/*
 * onnxruntime for Linux keeps a device id and a queue of reports below ~/.cache/Microsoft unless it is told not
 * to before it is loaded; on build servers (CI set) it keeps quiet by itself. There is no test of what it does
 * untold: that would send a report.
 */
const FILE = fileURLToPath(new URL('../../models/nanodet-g/nanodet-g.onnx', import.meta.url));
const QUIET_BY_THEMSELVES = ['CI', 'TF_BUILD', 'GITHUB_ACTIONS', 'ORT_DISABLE_TELEMETRY'];
const OPENINGS = [
  { where: 'the main thread', module: 'vision/detector-session.ts', open: 'openDetectorSession' },
  { where: 'the detector’s own thread', module: 'detector-thread.ts', open: 'openDetectorThread' },
];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'roadside-home-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test.each(OPENINGS)('a detector in $where leaves no trace in the home directory', ({ module, open }) => {
  const plan = {
    id: 'nanodet-g',
    file: FILE,
    sha256: createHash('sha256').update(readFileSync(FILE)).digest('hex'),
    decoder: 'detections-with-class-scores',
    labels: ['person', 'bicycle', 'car', 'motorcycle', 'bus', 'train', 'truck'],
    inputWidthPx: 160,
    inputHeightPx: 96,
    scoreThreshold: 0.35,
    iouThreshold: 0.5,
  };
  const url = new URL(`../../src/sensors/${module}`, import.meta.url);
  const home = join(dir, 'home');
  const program = join(dir, 'program.mjs');
  mkdirSync(home);
  const source = `
    import { ${open} as open } from ${JSON.stringify(url.href)};
    const detector = await open(${JSON.stringify(plan)});
    const found = await detector.detect(new Uint8Array(detector.frameBytes).fill(128));
    await detector.release();
    process.stdout.write('detections: ' + found.length);
  `;
  const env = Object.entries(process.env).filter(([name]) => !QUIET_BY_THEMSELVES.includes(name));
  writeFileSync(program, source);
  const output = execFileSync(process.execPath, [program], {
    env: { ...Object.fromEntries(env), HOME: home, XDG_CACHE_HOME: '' },
    encoding: 'utf8',
  });
  expect(output).toBe('detections: 0');
  expect(readdirSync(home, { recursive: true })).toEqual([]);
});
