/** From a metre before the lens, where drops are sharp, to where they are thinner than a pixel. */
const NEAR_M = 1;
const FAR_M = 4.5;
/** Terminal speed of a 2 mm drop (Gunn & Kinzer 1949), and its size. */
const FALL_MS = 6.5;
const DROP_M = 0.002;
const LEAN = 0.12;

/**
 * Streaks of falling drops during the exposure, new ones in each picture. A drop brightens a pixel for the share of
 * the exposure in which it is before it: size / (speed x exposure) (Garg & Nayar 2007, Vision and Rain).
 */
export function drawRain(pen, { width, height, focalPx, exposureS, dropsPerPicture, brightness, random }) {
  const share = Math.min(1, DROP_M / (FALL_MS * exposureS));
  pen.save();
  pen.globalCompositeOperation = 'lighter';
  pen.lineCap = 'round';
  for (let drop = 0; drop < dropsPerPicture; drop += 1) {
    const far = (NEAR_M ** 3 + random() * (FAR_M ** 3 - NEAR_M ** 3)) ** (1 / 3);
    const thick = (DROP_M * focalPx) / far;
    const long = (FALL_MS * exposureS * focalPx) / far;
    const [x, y] = [random() * width, random() * (height + long) - long];
    const level = Math.round(255 * brightness * share * Math.min(1, thick));
    pen.strokeStyle = `rgb(${level},${level},${level})`;
    pen.lineWidth = Math.max(1, thick);
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + LEAN * long, y + long);
    pen.stroke();
  }
  pen.restore();
}
