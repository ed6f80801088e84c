// Runs the model once: node run-model.mjs MODEL WIDTH HEIGHT FRAME_FILE DETECTIONS_FILE
import { readFileSync, writeFileSync } from 'node:fs';

process.env.ORT_DISABLE_TELEMETRY = '1';
const { InferenceSession, Tensor } = (await import('onnxruntime-node')).default;

const [model, width, height, frameFile, detectionsFile] = process.argv.slice(2);
const session = await InferenceSession.create(model, {
  intraOpNumThreads: 1,
  freeDimensionOverrides: { width: Number(width), height: Number(height) },
});
const pixels = new Uint8Array(readFileSync(frameFile));
const frame = new Tensor('uint8', pixels, [3, Number(height), Number(width)]);
const { detections } = await session.run({ frame });
const { buffer, byteOffset, byteLength } = detections.data;
writeFileSync(detectionsFile, new Uint8Array(buffer, byteOffset, byteLength));
await session.release();
