/**
 * The network and nothing else, again and again on one picture: bare-run PRECISION SECONDS. Prints how many runs a
 * second it made.
 */
import { readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { planModel } from '../../../src/app/plans.ts';
import { monotonicMs } from '../../../src/base/clock.ts';
import { MS_PER_S } from '../../../src/base/units.ts';
import { loadModel } from '../../../src/catalog/load/load-model.ts';
import { shippedFolders } from '../../../src/catalog/shipped.ts';
import { placePicture } from '../../../src/sensors/vision/camera-picture.ts';
import { openNetwork } from '../../../src/sensors/vision/detector-session.ts';
import { createFrameInput, PLAIN_PIXELS } from '../../../src/sensors/vision/frame-input.ts';
import { frameOfPicture, readKnownPicture } from '../../../src/sensors/vision/known-picture.ts';

const [precision = '', seconds = ''] = process.argv.slice(2);
const WARM_UP_RUNS = 10;
/** That of the vision process. */
const NICE = 5;
setPriority(NICE);

const loaded = await loadModel({ id: 'nanodet-g', modelsDir: shippedFolders.modelsDir });
if (loaded.kind === 'unavailable') throw loaded.problem;
const model = planModel(loaded);
if (model.int8 === undefined || model.selfCheck === undefined) throw new RangeError('a model without int8');
const size = { widthPx: model.inputWidthPx, heightPx: model.inputHeightPx };
const file = precision === 'int8' ? model.int8.file : model.file;
const network = await openNetwork(await readFile(file), { threads: 1 });
const picture = await readKnownPicture(model.selfCheck.picture);
const crop = { x: 0, y: 0, widthPx: picture.widthPx, heightPx: picture.heightPx };
const frame = frameOfPicture(picture, placePicture({ crop, picture }, model));
const [input] = network.inputs;
if (input === undefined) throw new RangeError('a network without an input');
const feeds = new Map([[input.name, createFrameInput(model.pixels ?? PLAIN_PIXELS, size)(frame)]]);

for (let run = 0; run < WARM_UP_RUNS; run += 1) await network.run(feeds);
const startedAtMs = monotonicMs();
let runs = 0;
while (monotonicMs() - startedAtMs < Number(seconds) * MS_PER_S) {
  await network.run(feeds);
  runs += 1;
}
process.stdout.write(`${(runs * MS_PER_S) / (monotonicMs() - startedAtMs)} runs/s\n`);
await network.release();
