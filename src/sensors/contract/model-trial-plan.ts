/** What a trial of a model is given, and what it answers: one request, one answer, then it ends. */
import { z } from 'zod';
import { visionConfigurationSchema } from './vision-plan.ts';

const model = visionConfigurationSchema.shape.model;
const precision = z.enum(['fp32', 'int8']);
const side = z.number().int().min(32).max(4096);
const text = z.string().max(1000);

export const trialRequestSchema = z.discriminatedUnion('kind', [
  /** Loads each precision and looks at the known picture. */
  z.strictObject({ kind: z.literal('verify'), model }),
  /** Runs it again and again. */
  z.strictObject({
    kind: z.literal('bench'),
    model,
    precision,
    threads: z.number().int().min(1).max(64),
    forMs: z.number().int().min(100).max(60_000),
  }),
  /** What the file itself says of its inputs and outputs. The size is for dimensions that it leaves free. */
  z.strictObject({ kind: z.literal('describe'), file: text.min(1), widthPx: side, heightPx: side }),
]);
export type TrialRequest = z.infer<typeof trialRequestSchema>;

const port = z.strictObject({
  name: text,
  type: text,
  dims: z.array(z.union([z.number().int(), text])).max(16),
});
export type TrialPort = z.infer<typeof port>;

const detection = z.strictObject({
  class: z.enum(['car', 'van', 'truck', 'bus', 'motorcycle', 'bicycle', 'person', 'unknown']),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  score: z.number().min(0).max(1),
});

const family = z.strictObject({
  decoder: model.shape.decoder,
  /** Labels that its outputs have room for; null where they do not say. */
  classes: z.number().int().min(1).nullable(),
  /** Names of the outputs, where there is more than one. */
  outputs: z.strictObject({
    boxes: text.exactOptional(),
    scores: text.exactOptional(),
    labels: text.exactOptional(),
    rows: text.exactOptional(),
  }),
  boxes: model.shape.boxes,
});
export type TrialFamily = z.infer<typeof family>;

export const trialAnswerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('verified'),
    results: z
      .array(
        z.strictObject({
          precision,
          /** Null when it loads, fits its card and passes the self-check. */
          problem: z.string().max(2000).nullable(),
          /** In pixels of the known picture. */
          found: z.array(detection).max(1000),
        }),
      )
      .max(2),
  }),
  z.strictObject({
    kind: z.literal('benched'),
    runs: z.number().int().min(1),
    medianMs: z.number().min(0),
    slowestMs: z.number().min(0),
  }),
  z.strictObject({
    kind: z.literal('described'),
    /** Why it could not compute a blank picture of the size; null when it could. */
    problem: z.string().max(2000).nullable(),
    inputs: z.array(port).max(64),
    /** With the dimensions that a run gave, where one was possible. */
    outputs: z.array(port).max(256),
    /** Decoders that could read these outputs. */
    families: z.array(family).max(16),
  }),
  z.strictObject({
    kind: z.literal('failed'),
    code: z.enum(['model-missing', 'model-corrupt', 'model-invalid']),
    message: z.string().max(4000),
    hint: text,
  }),
]);
export type TrialAnswer = z.infer<typeof trialAnswerSchema>;
