import type { Socket } from 'node:net';
import { messageOf } from '../base/errors.ts';
import { drained } from './ledger-stream.ts';

export interface EvidenceSource {
  listEvidence(): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
  /** Null when there is no file of this name. */
  readEvidence(name: string): Promise<AsyncIterable<Buffer> | null>;
}

/** Sends `{"file":…}` for each file that is there, then `{"end":{"files":n}}`. */
export function streamEvidenceList(socket: Socket, source: EvidenceSource): void {
  guard(socket, async () => {
    const files = await source.listEvidence();
    const lines = files.map((file) => `${JSON.stringify({ file })}\n`).join('');
    socket.end(`${lines}${JSON.stringify({ end: { files: files.length } })}\n`);
  });
}

/** Sends the bytes of one file as `{"chunk":"base64"}`, then `{"end":{"bytes":n}}`. The pace is the client's. */
export function streamEvidenceFile(socket: Socket, source: EvidenceSource, name: string): void {
  guard(socket, async () => {
    const chunks = await source.readEvidence(name);
    if (chunks === null) {
      socket.end(`${JSON.stringify({ error: 'evidence-missing', detail: name })}\n`);
      return;
    }
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (socket.destroyed) return;
      if (!socket.write(`${JSON.stringify({ chunk: chunk.toString('base64') })}\n`)) await drained(socket);
    }
    socket.end(`${JSON.stringify({ end: { bytes } })}\n`);
  });
}

function guard(socket: Socket, send: () => Promise<void>): void {
  socket.setTimeout(0);
  send().catch((error: unknown) => {
    if (socket.destroyed) return;
    socket.end(`${JSON.stringify({ error: 'evidence-missing', detail: messageOf(error) })}\n`);
  });
}
