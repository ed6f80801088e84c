import { expect, test } from 'vitest';
import { challengeHeader, isAuthorized } from './digest-authentication.ts';

const challenge = { realm: 'cam', nonce: 'abc' };
const credentials = { user: 'admin', password: 'secret' };
/** MD5(MD5(admin:cam:secret):abc:MD5(DESCRIBE:rtsp://h/cam)), worked out with md5sum. */
const RESPONSE = '201b2bdfe212dcd2439a2616b827f4b2';
const GOOD = `Digest username="admin", realm="cam", nonce="abc", uri="rtsp://h/cam", response="${RESPONSE}"`;
const accepts = (authorization: string | undefined, method = 'DESCRIBE'): boolean =>
  isAuthorized({ method, authorization }, { challenge, credentials });

test('the right answer to the challenge opens', () => {
  expect(challengeHeader(challenge)).toBe('Digest realm="cam", nonce="abc", algorithm="MD5"');
  expect(accepts(GOOD)).toBe(true);
});

test.each([
  { what: 'no answer', authorization: undefined },
  { what: 'another scheme', authorization: 'Basic YWRtaW46c2VjcmV0' },
  { what: 'another user', authorization: GOOD.replace('admin', 'root') },
  { what: 'an old challenge', authorization: GOOD.replace('abc', 'abd') },
  { what: 'another address', authorization: GOOD.replace('h/cam', 'h/other') },
  { what: 'a wrong response', authorization: GOOD.replace(RESPONSE, RESPONSE.replace(/.$/, 'x')) },
  { what: 'no response', authorization: GOOD.replace(/, response.*/, '') },
])('$what does not', ({ authorization }) => {
  expect(accepts(authorization)).toBe(false);
});

test('an answer is good for its own method only', () => {
  expect(accepts(GOOD, 'PLAY')).toBe(false);
});
