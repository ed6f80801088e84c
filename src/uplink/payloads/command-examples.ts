import type { CommandPayload } from './command.ts';
import { schemaName } from './head.ts';
import type { ChunkPayload, ReplyPayload } from './reply.ts';

const AT_MS = Date.UTC(2026, 2, 4, 7, 30, 0);
const SITE = 'renmin-lu-3';
const ID = 'b1c7a4f0-1d52-4c2c-9a53-0f1f6f5b9e11';

const backfill: CommandPayload = {
  schema: schemaName('command'),
  id: ID,
  site: SITE,
  issuedAtMs: AT_MS,
  expiresAtMs: AT_MS + 60_000,
  order: { kind: 'backfill', fromMs: AT_MS - 7_200_000, toMs: AT_MS - 3_600_000 },
  key: 'centre',
  signature: 'pl0uQZs1yq2vDCcIMVcdMnoDVk0zpbhPdQdYdYOGHYIsnE0oC0jUg6yGdB0wJwkKkJZwTq4Q0zVx1GqGkBdkBg',
};
const done: ReplyPayload = {
  schema: schemaName('reply'),
  id: ID,
  site: SITE,
  boot: '2k9f3c1a',
  repliedAtMs: AT_MS + 240,
  kind: 'backfill',
  status: 'done',
  reason: null,
  detail: '',
  result: {
    fromMs: AT_MS - 7_200_000,
    toMs: AT_MS - 3_600_000,
    queued: 1440,
    complete: true,
    nextFromMs: null,
  },
};
const refused: ReplyPayload = {
  ...done,
  status: 'refused',
  reason: 'expired',
  detail: 'it came too late',
  result: null,
};
const chunk: ChunkPayload = {
  schema: schemaName('chunk'),
  id: ID,
  site: SITE,
  file: 'stopped-vehicle-north-2-3.jpg',
  sha256: '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
  bytes: 214_017,
  chunk: 6,
  chunks: 7,
  content: '/9j/4AAQSkZJRg==',
};

/** What the contract document shows of commands and their answers. */
export const commandExamples = { command: { backfill }, reply: { done, refused }, chunk: { chunk } } as const;
