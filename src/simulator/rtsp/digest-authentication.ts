import { createHash, timingSafeEqual } from 'node:crypto';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What a camera challenges a client with, in the plain form of RFC 2069 that most cameras still speak. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
}

export function challengeHeader(challenge: DigestChallenge): string {
  return `Digest realm="${challenge.realm}", nonce="${challenge.nonce}", algorithm="MD5"`;
}

/** Whether an Authorization header answers the challenge for this request with the right password. */
export function isAuthorized(
  request: { readonly method: string; readonly authorization: string | undefined },
  expected: { readonly challenge: DigestChallenge; readonly credentials: Credentials },
): boolean {
  const given = parseDigest(request.authorization ?? '');
  const { challenge, credentials } = expected;
  if (given.get('username') !== credentials.user || given.get('nonce') !== challenge.nonce) return false;
  const secret = md5(`${credentials.user}:${challenge.realm}:${credentials.password}`);
  const action = md5(`${request.method}:${given.get('uri') ?? ''}`);
  const response = Buffer.from(md5(`${secret}:${challenge.nonce}:${action}`));
  const claimed = Buffer.from(given.get('response') ?? '');
  return claimed.length === response.length && timingSafeEqual(claimed, response);
}

function parseDigest(authorization: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (!authorization.startsWith('Digest ')) return fields;
  for (const [, name = '', quoted, bare] of authorization.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)) {
    fields.set(name.toLowerCase(), quoted ?? bare ?? '');
  }
  return fields;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
