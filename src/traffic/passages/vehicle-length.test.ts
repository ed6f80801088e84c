import { describe, expect, test } from 'vitest';
import { exactPlane } from '../../../test/fakes/marks.ts';
import { cameraOn, drawPole, PICTURE, type Pole } from '../../../test/fakes/pole.ts';
import { type Box, vehicleLength } from './vehicle-length.ts';

const POLE: Pole = { heightM: 8, tiltDeg: 15, focalPx: 1100 };
const VISIBLE: Box = [0, 0, PICTURE.widthPx, PICTURE.heightPx];

interface Body {
  readonly at: readonly [number, number];
  /** 0 towards the camera, 90 across the picture. */
  readonly headingDeg: number;
  readonly lengthM: number;
  readonly widthM: number;
  readonly heightM: number;
}

function wayOf({ headingDeg }: Pick<Body, 'headingDeg'>): readonly [number, number] {
  const angle = (headingDeg * Math.PI) / 180;
  return [Math.sin(angle), -Math.cos(angle)];
}

/** What a perfect detector draws around a block on the road. */
function boxOf(pole: Pole, body: Body): Box {
  const [ux, uy] = wayOf(body);
  const corners = [0, body.heightM].flatMap((up) =>
    [-0.5, 0.5].flatMap((along) =>
      [-0.5, 0.5].map((across) => {
        const [a, c] = [along * body.lengthM, across * body.widthM];
        return cameraOn(pole).pixelOf([body.at[0] + a * ux - c * uy, body.at[1] + a * uy + c * ux], up);
      }),
    ),
  );
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

const CAR: Body = { at: [2, 24], headingDeg: 60, lengthM: 4.5, widthM: 1.8, heightM: 1.5 };

function measured(body: Body, visible = VISIBLE) {
  const view = { plane: exactPlane(POLE), visible, way: wayOf(body), class: 'car' as const };
  return vehicleLength(boxOf(POLE, body), view);
}

describe('a length from a box', () => {
  test('is had where a vehicle goes across the picture', () => {
    expect(measured(CAR)?.lengthM).toBeCloseTo(4.5, 0);
    expect(measured({ ...CAR, headingDeg: 90, lengthM: 7 })?.lengthM).toBeCloseTo(7, 0);
  });

  test('is not had where it comes towards the camera: the box shows its width', () => {
    expect(measured({ ...CAR, headingDeg: 0 })).toBeNull();
    expect(measured({ ...CAR, headingDeg: 10 })).toBeNull();
  });

  test('is not had of a vehicle that the border of the view cuts off', () => {
    const [x1, y1, x2, y2] = boxOf(POLE, CAR);
    expect(measured(CAR, [x1 + 1, y1 - 50, x2 + 50, y2 + 50])).toBeNull();
    expect(measured(CAR, [x1 - 50, y1 - 50, x2 + 50, y2 + 50])).not.toBeNull();
  });
});

test.each([
  { kind: 'car', from: 3.5, to: 5.2, widthM: 1.8, heightM: 1.5 },
  { kind: 'bus', from: 8, to: 12, widthM: 2.5, heightM: 3 },
] as const)('the true length of a $kind lies within the stated uncertainty in 95 of 100 views', (of) => {
  const runs = { published: 0, held: 0, heldWrong: 0 };
  for (let seed = 1; seed <= 300; seed += 1) {
    const { pole, normal, between } = drawPole(seed);
    const body: Body = {
      at: [between(-6, 6), between(18, 40)],
      headingDeg: between(0, 180),
      lengthM: between(of.from, of.to),
      widthM: of.widthM + 0.07 * Math.max(-2, Math.min(2, normal())),
      heightM: of.heightM,
    };
    const exact = boxOf(pole, body);
    const jitterPx = Math.max(0.7, 0.03 * (exact[3] - exact[1]));
    const [x1, y1, x2, y2] = exact;
    const box: Box = [x1 + normal() * jitterPx, y1, x2 + normal() * jitterPx, y2 + normal() * jitterPx];
    const view = { plane: exactPlane(pole), visible: VISIBLE, way: wayOf(body), class: of.kind };
    const found = vehicleLength(box, view);
    if (found === null) continue;
    runs.published += 1;
    const holds = (lengthM: number): boolean =>
      Math.abs(lengthM - body.lengthM) <= (lengthM * found.uncertaintyPct) / 100;
    if (holds(found.lengthM)) runs.held += 1;
    if (holds(found.lengthM * 1.35)) runs.heldWrong += 1;
  }
  expect(runs.published).toBeGreaterThan(90);
  expect(runs.held / runs.published).toBeGreaterThanOrEqual(0.95);
  expect(runs.heldWrong / runs.published).toBeLessThan(0.1);
});
