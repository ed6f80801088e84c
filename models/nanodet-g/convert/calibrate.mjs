// Runs a model over frames and says how great each output gets: node calibrate.mjs MODEL WIDTH HEIGHT FRAMES JSON
// FRAMES holds frames one after the other, planar G, B, R bytes. JSON becomes { output: { lowest: [one for each
// frame], highest: [...] } }.
import { readFileSync, writeFileSync } from 'node:fs';

process.env.ORT_DISABLE_TELEMETRY = '1';
const { InferenceSession, Tensor } = (await import('onnxruntime-node')).default;

const [model, widthText, heightText, framesFile, rangesFile] = process.argv.slice(2);
const [width, height] = [Number(widthText), Number(heightText)];
const frames = new Uint8Array(readFileSync(framesFile));
const frameBytes = 3 * width * height;
const session = await InferenceSession.create(model, {
  // Every value has to exist as it was written.
  graphOptimizationLevel: 'disabled',
  intraOpNumThreads: 1,
  freeDimensionOverrides: { width, height },
});
const ranges = {};
for (let at = 0; at + frameBytes <= frames.length; at += frameBytes) {
  const frame = new Tensor('uint8', frames.slice(at, at + frameBytes), [3, height, width]);
  for (const [name, { data }] of Object.entries(await session.run({ frame }))) {
    if (!(data instanceof Float32Array)) continue;
    ranges[name] ??= { lowest: [], highest: [] };
    let [lowest, highest] = [Infinity, -Infinity];
    for (const value of data) {
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
    ranges[name].lowest.push(lowest);
    ranges[name].highest.push(highest);
  }
}
writeFileSync(rangesFile, JSON.stringify(ranges));
await session.release();
