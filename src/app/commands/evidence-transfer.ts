import type { Store } from '../../store/store.ts';
import type { EvidenceFile, IncidentRecord } from '../../traffic/record.ts';
import type { OrderContext, OrderOutcome } from '../../uplink/commands/command-desk.ts';
import { encodeChunk } from '../../uplink/commands/encode-chunk.ts';
import { CHUNK_BYTES } from '../../uplink/payloads/reply.ts';
import type { EvidenceArchive } from '../evidence-archive.ts';

/** Looks back over so many incident records for one incident. */
const INCIDENT_RECORDS = 5000;
/** A clip has some megabytes; nothing larger goes over a mobile link by a command. */
const FILE_MAX_BYTES = 32 * 1024 * 1024;

/** The newest record of an incident; null when none is stored any more. */
export function findIncident(store: Pick<Store, 'newest'>, incident: string): IncidentRecord | null {
  for (const { body } of store.newest({ stream: 'incident', limit: INCIDENT_RECORDS })) {
    const record: IncidentRecord = JSON.parse(body);
    if (record.incident === incident) return record;
  }
  return null;
}

export interface ClipOrder {
  readonly incident: string;
  readonly file?: string | undefined;
  readonly fromChunk?: number | undefined;
}

/** Lists the evidence of incidents and sends single files of it, one at a time. */
export function createEvidenceTransfer(parts: {
  readonly site: string;
  readonly store: Pick<Store, 'newest'>;
  readonly archive: EvidenceArchive;
}): (order: ClipOrder, context: OrderContext) => Promise<OrderOutcome> {
  const { site, store, archive } = parts;
  let sending = false;

  const send = async (
    file: EvidenceFile,
    fromChunk: number,
    { id, send: publish }: OrderContext,
  ): Promise<void> => {
    const chunks = chunksOf(file);
    let chunk = 0;
    for await (const content of inChunks(await archive.read(file.name))) {
      if (chunk >= fromChunk) {
        const outcome = await publish(
          encodeChunk({
            id,
            site,
            file: file.name,
            sha256: file.sha256,
            bytes: file.bytes,
            chunk,
            chunks,
            content,
          }),
        );
        // The platform goes on from the chunk that it misses.
        if (outcome.kind !== 'accepted') return;
      }
      chunk += 1;
    }
  };

  return async (order, context) => {
    const record = findIncident(store, order.incident);
    if (record === null) return { kind: 'failed', reason: 'unknown-incident', detail: order.incident };
    const present = new Map((await archive.list()).map(({ name, bytes }) => [name, bytes]));
    if (order.file === undefined) {
      const files = record.evidence.map((file) => ({ ...file, present: present.has(file.name) }));
      return {
        kind: 'done',
        result: { incident: order.incident, files },
        audited: { subject: order.incident },
      };
    }
    const file = record.evidence.find(({ name }) => name === order.file);
    if (file === undefined || present.get(file.name) !== file.bytes) {
      return { kind: 'failed', reason: 'no-such-file', detail: order.file };
    }
    if (file.bytes > FILE_MAX_BYTES) {
      return {
        kind: 'failed',
        reason: 'too-large',
        detail: `${file.bytes} bytes, at most ${FILE_MAX_BYTES}`,
      };
    }
    if (sending) return { kind: 'failed', reason: 'busy', detail: 'another file is being sent' };
    sending = true;
    const { fromChunk = 0 } = order;
    const afterwards = (): void => {
      // A disk that fails in the middle leaves the platform with a chunk too few: it asks again.
      void send(file, fromChunk, context)
        .catch(() => undefined)
        .finally(() => {
          sending = false;
        });
    };
    const { name, sha256, bytes } = file;
    const result = {
      incident: order.incident,
      file: { name, sha256, bytes },
      chunks: chunksOf(file),
      fromChunk,
    };
    return { kind: 'done', result, audited: { subject: order.incident, detail: name }, afterwards };
  };
}

function chunksOf({ bytes }: EvidenceFile): number {
  return Math.max(1, Math.ceil(bytes / CHUNK_BYTES));
}

/** The same bytes in pieces of one size; the last one may be shorter. */
async function* inChunks(pieces: AsyncIterable<Buffer> | null): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of pieces ?? []) {
    held = Buffer.concat([held, piece]);
    while (held.length >= CHUNK_BYTES) {
      yield held.subarray(0, CHUNK_BYTES);
      held = held.subarray(CHUNK_BYTES);
    }
  }
  if (held.length > 0) yield held;
}
