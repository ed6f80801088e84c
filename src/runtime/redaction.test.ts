import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoadsideError } from '../base/errors.ts';
import { redact, redactText } from './redaction.ts';

const CANARY = 'c4n4ry-9f2';

describe('redaction', () => {
  it.each([
    'password',
    'Password',
    'userPassword',
    'passphrase',
    'clientSecret',
    'token',
    'key',
    'apiKey',
    'api_key',
  ])('a value named %s is hidden at any depth', (name) => {
    const logged = JSON.stringify(redact({ camera: [{ account: { [name]: CANARY } }] }));
    expect(logged).not.toContain(CANARY);
    expect(logged).toContain(name);
  });

  it('names that only look alike stay readable', () => {
    const harmless = { keyframes: 12, monkey: 'x', passage: 3, keys: 2 };
    expect(redact({ ...harmless, monkey: undefined })).toEqual({ ...harmless, monkey: undefined });
  });

  it('credentials in a URL are hidden, the rest of the URL stays', () => {
    expect(redactText(`cannot open rtsp://admin:${CANARY}@10.0.0.7:554/main?x=1 now`)).toBe(
      'cannot open rtsp://[hidden]@10.0.0.7:554/main?x=1 now',
    );
    expect(redactText('mail a@b.example, see https://example.org/@site')).toBe(
      'mail a@b.example, see https://example.org/@site',
    );
  });

  it('an error keeps its code, hint and cause, without the credentials in its message', () => {
    const cause = new Error(`rtsp://u:${CANARY}@camera failed`);
    const logged = redact({
      error: new RoadsideError('camera-unreachable', 'no answer', { hint: 'look', cause }),
    });
    expect(JSON.stringify(logged)).not.toContain(CANARY);
    expect(logged).toMatchObject({
      error: { code: 'camera-unreachable', hint: 'look', message: 'no answer', cause: { name: 'Error' } },
    });
  });

  it('that a secret is missing can be read', () => {
    expect(redact({ password: null, token: '' })).toEqual({ password: null, token: '' });
  });

  it('no value makes it throw, and a ring ends', () => {
    const ring: Record<string, unknown> = {};
    ring['self'] = ring;
    expect(JSON.stringify(redact(ring))).toContain('[deeper]');
    fc.assert(fc.property(fc.anything(), (value) => void redact(value)));
  });
});
