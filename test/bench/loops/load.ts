/**
 * One piece of the rest of a cabinet's work, on the cores that the pollers need too: the vision process detecting
 * vehicles in a clip for several cameras, or SQLite commits that wait for the disk. Prints what it runs.
 *
 * usage: load vision | commits
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSensorProcess, type SensorProcess } from '../../../src/app/sensor-process.ts';
import { createSystemClock } from '../../../src/base/clock.ts';
import { loadModel } from '../../../src/catalog/load/load-model.ts';
import { shippedFolders } from '../../../src/catalog/shipped.ts';
import { createLogger } from '../../../src/runtime/logger.ts';
import { programFile } from '../../../src/runtime/program-file.ts';
import type { VisionConfiguration } from '../../../src/sensors/contract.ts';

const MODEL = 'nanodet-g';
const CLIP = join(import.meta.dirname, '../../../src/simulator/clip/north.mp4');
const PICTURE = { widthPx: 960, heightPx: 540 };
const CAMERAS = 4;
const FRAMES_PER_SECOND = 25;
const TIMES_INPUT = 2;
const COMMIT_EVERY_MS = 20;
const ROWS_PER_COMMIT = 20;

if (process.argv[2] === 'commits') commitForever();
else await detectForever();

/** The store's own settings: every commit is on the disk before the next. */
function commitForever(): void {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-bench-db-'));
  const database = new Database(join(folder, 'bench.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('create table record (id integer primary key, body text)');
  const insert = database.prepare('insert into record (body) values (?)');
  const body = 'x'.repeat(300);
  const commit = database.transaction(() => {
    for (let row = 0; row < ROWS_PER_COMMIT; row += 1) insert.run(body);
  });
  setInterval(commit, COMMIT_EVERY_MS);
  const leave = (): void => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  };
  process.on('SIGTERM', leave);
  working(`SQLite commits of ${ROWS_PER_COMMIT} rows each ${COMMIT_EVERY_MS} ms`);
}

/** A vision process with more pictures than it can look at; where there is no model, as much work without it. */
async function detectForever(): Promise<void> {
  const model = await loadModel({ id: MODEL, modelsDir: shippedFolders.modelsDir });
  if (model.kind === 'unavailable') {
    working(`a busy loop instead of the vision process (${model.problem.message})`);
    burn();
    return;
  }
  const { card, file } = model;
  const configuration: VisionConfiguration = {
    kind: 'vision',
    model: {
      id: card.model,
      file,
      sha256: card.sha256,
      decoder: card.decoder,
      labels: card.labels,
      inputWidthPx: TIMES_INPUT * card.input.widthPx,
      inputHeightPx: TIMES_INPUT * card.input.heightPx,
      scoreThreshold: card.thresholds.score,
      iouThreshold: card.thresholds.iou,
    },
    cameras: Array.from({ length: CAMERAS }, (_, index) => ({
      id: `camera-${index + 1}`,
      source: { kind: 'file', path: CLIP, loop: true },
      picture: PICTURE,
      crop: { x: 0, y: 0, ...PICTURE },
      framesPerSecond: FRAMES_PER_SECOND,
      homography: null,
    })),
  };
  const vision = await openVision(configuration);
  process.on('SIGTERM', () => void vision.stop(3000).then(() => process.exit(0)));
  const { inputWidthPx, inputHeightPx } = configuration.model;
  working(`the vision process (${MODEL} at ${inputWidthPx} x ${inputHeightPx}, ${CAMERAS} cameras)`);
}

function working(label: string): void {
  process.stdout.write(`working: ${label}\n`);
}

/** Resolves when it detects. */
async function openVision(configuration: VisionConfiguration): Promise<SensorProcess> {
  const started = Promise.withResolvers<void>();
  const vision = openSensorProcess({
    file: programFile(import.meta.url, '../../../src/processes/vision'),
    configuration,
    clock: createSystemClock(),
    logger: createLogger({ level: 'warn', write: (line) => process.stderr.write(line) }),
    onObservations: (claimed) => {
      if (claimed.some(({ kind }) => kind === 'vehicle-tracks')) started.resolve();
    },
  });
  await started.promise;
  return vision;
}

/** Keeps one core busy, a tenth of a second at a time. */
function burn(): void {
  const untilMs = performance.now() + 100;
  while (performance.now() < untilMs);
  setImmediate(burn);
}
