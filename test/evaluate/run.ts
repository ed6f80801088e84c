/**
 * npm run evaluate — the product's own pipeline on clips whose truth people wrote down. It prints figures and
 * does not fail when they are poor; docs/evaluation.md describes the files and the rules of the comparison.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/base/errors.ts';
import { MS_PER_S, round } from '../../src/base/units.ts';
import { type DetectorSession, openDetectorSession } from '../../src/sensors/vision/detector-session.ts';
import { type JudgedClip, judgeClip } from './judge-clip.ts';
import { type EvaluateOptions, parseOptions, USAGE } from './options.ts';
import { type ClipReport, reportClip, reportTotals, totalsOf } from './report.ts';
import { readScene, sceneOfTruth } from './scene.ts';
import { siteOfScene } from './scene-site.ts';
import { readTruth, shiftedTruth, type Truth } from './truth.ts';
import { watchClip } from './watch-clip.ts';

const OWN_SCENES = fileURLToPath(new URL('scenes', import.meta.url));
const TRUTH = '.truth.json';
/** What a truth shifted by this share of the clip still matches is chance. */
const CONTROL_SHIFT_SHARE = 0.5;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function readOptions(): EvaluateOptions | null {
  try {
    return parseOptions(process.argv.slice(2), OWN_SCENES);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${USAGE}\n`);
    return null;
  }
}

async function evaluateClip(
  name: string,
  options: EvaluateOptions,
  openDetector: (plan: Parameters<typeof openDetectorSession>[0]) => Promise<DetectorSession>,
): Promise<ClipReport | null> {
  const truth = await readTruth(join(options.clips, `${name}${TRUTH}`));
  const drawn = await readScene(options.sceneFolders.map((folder) => join(folder, `${name}.scene.json`)));
  const scene = drawn ?? sceneOfTruth(truth);
  if (scene === null) return null;
  const file = join(options.clips, truth.file);
  const site = await siteOfScene(scene, file);
  const detector = await openDetector(site.model);
  const startedMs = performance.now();
  const { records, pictures } = await watchClip({ file, site, detector });
  const seconds = (performance.now() - startedMs) / MS_PER_S;
  if (pictures === 0) throw new RangeError(`${file}: not one picture could be read from it`);
  const judge = (judged: Truth): JudgedClip =>
    judgeClip({
      clip: name,
      truth: judged,
      scene,
      drawn: drawn !== null,
      definition: site.definition,
      records,
    });
  return {
    ...judge(truth),
    control: judge(shiftedTruth(truth, truth.duration * CONTROL_SHIFT_SHARE)).lines,
    framesPerSecond: round(pictures / seconds, 1),
  };
}

async function evaluate(options: EvaluateOptions): Promise<void> {
  const names = (await readdir(options.clips))
    .filter((file) => file.endsWith(TRUTH) && file.includes(options.only))
    .map((file) => file.slice(0, -TRUTH.length))
    .sort();
  if (names.length === 0) throw new RangeError(`no NAME${TRUTH} in ${options.clips}`);
  let session: DetectorSession | null = null;
  // One session for all clips, as all cameras of a cabinet share one.
  const openDetector: typeof openDetectorSession = async (plan) => {
    session ??= await openDetectorSession({ ...plan, precision: options.precision });
    return session;
  };
  const clips: ClipReport[] = [];
  for (const name of names) {
    const report = await evaluateClip(name, options, openDetector).catch((error: unknown) => {
      // The others are judged all the same.
      process.stderr.write(`${name}   not judged: ${messageOf(error)}\n`);
      process.exitCode = 1;
      return undefined;
    });
    if (report === undefined) continue;
    if (report === null) {
      say(`${name}   left out: neither a scene nor a line in its truth`);
      continue;
    }
    clips.push(report);
    for (const line of reportClip(report)) say(line);
  }
  const totals = totalsOf(clips);
  for (const line of reportTotals(totals)) say(line);
  if (options.json !== null) {
    await writeFile(options.json, `${JSON.stringify({ clips, totals }, null, 2)}\n`);
  }
}

const options = readOptions();
if (options === null) {
  process.exitCode = 2;
} else {
  await evaluate(options).catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  });
}
