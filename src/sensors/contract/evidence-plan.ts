/** What the vision process is told about evidence. */
import { z } from 'zod';
import { id, ms } from './fields.ts';

/** The ring of each camera's stream, and the folder of what incidents left. */
export const evidencePlanSchema = z.strictObject({
  /** Absolute path; the files of past incidents. */
  folder: z.string().min(1).max(1000),
  maxBytes: z.number().int().positive(),
  /** Absolute path; the last seconds of each camera's stream. In memory, unless the site says otherwise. */
  ringFolder: z.string().min(1).max(1000),
  /** How much a clip shows at least before and after an incident opens. */
  beforeMs: ms.nonnegative(),
  afterMs: ms.nonnegative(),
  blur: z.enum(['none', 'faces-and-plates']),
});
export type EvidencePlan = z.infer<typeof evidencePlanSchema>;

const px = z.number().finite();

/** An incident has opened: its picture and its clip are to be kept. Times are monotonic ms. */
export const evidenceRequestSchema = z.strictObject({
  incident: z.string().min(1).max(200),
  camera: id,
  lane: z.string().min(1).max(64),
  incidentKind: z.string().min(1).max(64),
  fromMs: ms,
  /** The moment of the picture. */
  atMs: ms,
  toMs: ms,
  /** What raised it, in pixels of the configured picture. */
  marks: z.array(z.strictObject({ box: z.tuple([px, px, px, px]), label: z.string().max(64) })).max(16),
  /** Lines of ASCII below the picture: site, camera and lane have names of 40 letters. */
  caption: z.array(z.string().max(160)).max(4),
});
export type EvidenceRequest = z.infer<typeof evidenceRequestSchema>;
