import { join } from 'node:path';
import { tryModel } from '../../app/model-trial.ts';
import { planModel } from '../../app/plans.ts';
import { RoadsideError } from '../../base/errors.ts';
import { round } from '../../base/units.ts';
import { loadModel } from '../../catalog/load/load-model.ts';
import type { ModelCard } from '../../catalog/schema/model-card.ts';
import { shippedFolders } from '../../catalog/shipped.ts';
import { TOLERANCE } from './card-skeleton.ts';

type Expected = NonNullable<ModelCard['selfCheck']>['expect'];

/** What a model finds in the picture whose cars are known. */
export interface KnownFinds {
  readonly found: Expected;
  /** How many of its cars are among them. */
  readonly cars: number;
  /** How many cars it has. */
  readonly of: number;
}

const SHIPPED_MODEL = { id: 'nanodet-g', modelsDir: shippedFolders.modelsDir };
/** A picture of the project's own scene; where its cars are says the card of the shipped model. */
export const PICTURE = 'self-check.ppm.gz';
export const PICTURE_FILE = join(SHIPPED_MODEL.modelsDir, SHIPPED_MODEL.id, PICTURE);
/** Detectors differ in how tightly they draw a box, and in which motor vehicle a drawn car is. */
const SAME_PLACE_IOU = 0.4;
const MOTOR_VEHICLES: readonly string[] = ['car', 'van', 'truck', 'bus', 'unknown'];

/**
 * Loads a model by its card and looks at the known picture.
 *
 * @throws RoadsideError `model-invalid` when it does not fit its card
 */
export async function lookForKnown(id: string, modelsDir: string): Promise<KnownFinds> {
  const loaded = await loadModel({ id, modelsDir });
  if (loaded.kind === 'unavailable') throw loaded.problem;
  const plan = planModel(loaded);
  const selfCheck = { picture: PICTURE_FILE, expect: [], tolerance: TOLERANCE };
  const { results } = await tryModel({ kind: 'verify', model: { ...plan, selfCheck } });
  const [result] = results;
  // Whatever is found is not expected yet; a problem without anything found is a real one.
  if (result?.problem && result.found.length === 0) {
    throw new RoadsideError('model-invalid', result.problem, {
      hint: 'docs/models.md lists the exports that can be read.',
    });
  }
  const found = (result?.found ?? [])
    .filter(({ score }) => score >= plan.scoreThreshold)
    .map(({ class: roadUser, box: [x1, y1, x2, y2], score }): Expected[number] => ({
      class: roadUser,
      boxPx: [round(x1, 0), round(y1, 0), round(x2, 0), round(y2, 0)],
      score: round(score, 2),
    }));
  const cars = await knownCars();
  return {
    found,
    cars: cars.filter((car) => found.some((each) => isSeenAs(car, each))).length,
    of: cars.length,
  };
}

async function knownCars(): Promise<Expected> {
  const shipped = await loadModel(SHIPPED_MODEL);
  if (shipped.kind === 'unavailable') throw shipped.problem;
  return shipped.card.selfCheck?.expect ?? [];
}

function isSeenAs(car: Expected[number], found: Expected[number]): boolean {
  return MOTOR_VEHICLES.includes(found.class) && shareOfBoth(car.boxPx, found.boxPx) >= SAME_PLACE_IOU;
}

type BoxPx = Expected[number]['boxPx'];

/** Intersection over union. */
function shareOfBoth(a: BoxPx, b: BoxPx): number {
  const areaOf = ([x1, y1, x2, y2]: BoxPx): number => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
  const common = areaOf([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  return common / Math.max(1, areaOf(a) + areaOf(b) - common);
}
