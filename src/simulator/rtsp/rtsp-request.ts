/** One request of RTSP 1.0 (RFC 2326). Header names are in lower case. */
export interface RtspRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** Cuts a client's bytes into requests, whatever their chunks. */
export interface RtspRequestReader {
  /** `malformed` when the bytes are no RTSP: the connection cannot be used any more. */
  read(chunk: Uint8Array): readonly RtspRequest[] | 'malformed';
}

/** No client needs longer requests, body included. */
export const REQUEST_LIMIT_BYTES = 8192;

const DOLLAR = 0x24;
const HEAD_END = '\r\n\r\n';
const REQUEST_LINE = /^([A-Z_]+) (\S+) RTSP\/1\.0$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

export function createRtspRequestReader(): RtspRequestReader {
  let pending = Buffer.alloc(0);
  let broken = false;

  /** The next request, null where more bytes are needed. */
  const next = (): RtspRequest | 'malformed' | null => {
    skipInterleaved();
    if (pending.length === 0 || pending[0] === DOLLAR) return null;
    const headEnd = pending.indexOf(HEAD_END);
    if (headEnd < 0) return pending.length > REQUEST_LIMIT_BYTES ? 'malformed' : null;
    const request = parseRtspRequest(pending.toString('latin1', 0, headEnd));
    if (request === null) return 'malformed';
    const bodyBytes = Number(request.headers.get('content-length') ?? '0');
    const wholeBytes = headEnd + HEAD_END.length + bodyBytes;
    if (!Number.isInteger(bodyBytes) || bodyBytes < 0 || wholeBytes > REQUEST_LIMIT_BYTES) return 'malformed';
    if (pending.length < wholeBytes) return null;
    pending = pending.subarray(wholeBytes);
    return request;
  };

  /** Receivers send RTCP reports in between; a simulated camera does not care how it is received. */
  const skipInterleaved = (): void => {
    while (pending[0] === DOLLAR && pending.length >= 4) {
      const bytes = 4 + pending.readUInt16BE(2);
      if (pending.length < bytes) return;
      pending = pending.subarray(bytes);
    }
  };

  return {
    read(chunk) {
      if (broken) return 'malformed';
      pending = Buffer.concat([pending, chunk]);
      const requests: RtspRequest[] = [];
      for (let request = next(); request !== null; request = next()) {
        if (request === 'malformed') {
          broken = true;
          return 'malformed';
        }
        requests.push(request);
      }
      return requests;
    },
  };
}

/** Parses a request's lines up to the empty one; null when they are no request. */
export function parseRtspRequest(head: string): RtspRequest | null {
  const [requestLine = '', ...headerLines] = head.split('\r\n');
  const [, method, url] = REQUEST_LINE.exec(requestLine) ?? [];
  if (method === undefined || url === undefined) return null;
  const headers = new Map<string, string>();
  for (const line of headerLines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    headers.set(name.toLowerCase(), value);
  }
  return { method, url, headers };
}
