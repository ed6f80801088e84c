import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRtspRequestReader, parseRtspRequest, REQUEST_LIMIT_BYTES } from './rtsp-request.ts';

const OPTIONS = 'OPTIONS rtsp://127.0.0.1/cam RTSP/1.0\r\nCSeq: 1\r\n\r\n';
const SET = 'SET_PARAMETER rtsp://127.0.0.1/cam RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\na: b';
const RTCP = '$\x01\x00\x04\r\n\r\n';

test('a request is its method, its address and its headers in lower case', () => {
  expect(parseRtspRequest('PLAY rtsp://h/cam RTSP/1.0\r\nCSeq: 4\r\nSession:\t77 ')).toEqual({
    method: 'PLAY',
    url: 'rtsp://h/cam',
    headers: new Map([
      ['cseq', '4'],
      ['session', '77'],
    ]),
  });
});

test.each(['', 'PLAY', 'PLAY rtsp://h/cam HTTP/1.1', 'PLAY rtsp://h/cam RTSP/1.0\r\nno header'])(
  '%j is no request',
  (head) => {
    expect(parseRtspRequest(head)).toBeNull();
  },
);

test('requests are found whatever the chunks, past bodies and interleaved RTCP', () => {
  const bytes = Buffer.from(OPTIONS + RTCP + SET + RTCP + OPTIONS, 'latin1');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 })), (lengths) => {
      const reader = createRtspRequestReader();
      const methods: string[] = [];
      let from = 0;
      for (const length of [...lengths, bytes.length]) {
        const requests = reader.read(bytes.subarray(from, from + length));
        from += length;
        if (requests === 'malformed') throw new Error('malformed');
        methods.push(...requests.map((request) => request.method));
      }
      expect(methods).toEqual(['OPTIONS', 'SET_PARAMETER', 'OPTIONS']);
    }),
  );
});

test.each([
  { what: 'bytes that are no RTSP', sent: 'GET / HTTP/1.1\r\n\r\n' },
  { what: 'a head without end', sent: 'A'.repeat(REQUEST_LIMIT_BYTES + 1) },
  { what: 'a body that is too long', sent: OPTIONS.replace('CSeq: 1', 'Content-Length: 99999') },
  { what: 'a length that is no number', sent: OPTIONS.replace('CSeq: 1', 'Content-Length: x') },
])('$what: the connection is unusable from then on', ({ sent }) => {
  const reader = createRtspRequestReader();
  expect(reader.read(Buffer.from(sent))).toBe('malformed');
  expect(reader.read(Buffer.from(OPTIONS))).toBe('malformed');
});
