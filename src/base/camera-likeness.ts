import { type Homography, invertHomography } from './homography.ts';

/** Focal lengths of road cameras as shares of the picture's width: from 103 to 5 degrees of view across. */
const FOCAL_SHARES = Array.from({ length: 60 }, (_, step) => 0.4 * (12 / 0.4) ** (step / 59));

/**
 * How far a road plane is from what any camera could see, degrees: with the lens that suits best, the angle by which the
 * two axes of the plan do not stand square, or what their unequal scales come to. A pinhole with square pixels and its
 * centre in the middle of the picture has 0 (Hartley and Zisserman 2004, section 8.8: both follow from the image of the
 * absolute conic). Four marks always fit a plane, and seldom one that a camera could see when one of them is wrong.
 *
 * @param matrix from picture to road
 */
export function skewDeg(
  matrix: Homography,
  picture: { readonly widthPx: number; readonly heightPx: number },
): number {
  const [a = 0, b = 0, , d = 0, e = 0, , g = 0, h = 0] = invertHomography(matrix);
  const [middleX, middleY] = [picture.widthPx / 2, picture.heightPx / 2];
  const across: Axis = [a - middleX * g, d - middleY * g, g];
  const away: Axis = [b - middleX * h, e - middleY * h, h];
  return Math.min(...FOCAL_SHARES.map((share) => skewWith(share * picture.widthPx, { across, away })));
}

type Axis = readonly [number, number, number];

function skewWith(focalPx: number, { across, away }: { readonly across: Axis; readonly away: Axis }): number {
  const [one, other] = [inRoom(across, focalPx), inRoom(away, focalPx)];
  const lengths = Math.hypot(...one) * Math.hypot(...other);
  const cosine = (one[0] * other[0] + one[1] * other[1] + one[2] * other[2]) / lengths;
  const offSquare = Math.asin(Math.min(1, Math.abs(cosine)));
  const unequal = Math.abs(Math.log(Math.hypot(...one) / Math.hypot(...other)));
  return (Math.max(offSquare, unequal) * 180) / Math.PI;
}

function inRoom([x, y, z]: Axis, focalPx: number): Axis {
  return [x / focalPx, y / focalPx, z];
}
