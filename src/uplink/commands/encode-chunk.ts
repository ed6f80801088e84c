import type { Publication } from '../mqtt-session.ts';
import { schemaName } from '../payloads/head.ts';
import type { ChunkPayload } from '../payloads/reply.ts';
import { chunkTopic } from '../topics.ts';

/** Who missed it asks for it again. */
const CHUNK_EXPIRY_S = 3600;

/** A part of a file, for who asked for it. */
export function encodeChunk(
  part: Omit<ChunkPayload, 'schema' | 'content'> & { readonly content: Buffer },
): Publication {
  const schema = schemaName('chunk');
  const payload: ChunkPayload = { schema, ...part, content: part.content.toString('base64') };
  return {
    topic: chunkTopic(part.site),
    payload: JSON.stringify(payload),
    retain: false,
    expiryS: CHUNK_EXPIRY_S,
    properties: { schema },
  };
}
