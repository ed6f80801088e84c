import { describe, expect, it } from 'vitest';
import { connectRefusal, disconnectReason, publishRefusal, transportError } from './session-errors.ts';

const broker = 'platform.example:8883';

function codeOfTransport(code: string, changes: { tls?: boolean; secured?: boolean } = {}): string {
  const cause = Object.assign(new Error(`failed with ${code}`), { code });
  return transportError({ cause, broker, tls: true, secured: false, ...changes }).code;
}

describe('a connection that fails', () => {
  it.each([
    ['ENOTFOUND', 'uplink-dns'],
    ['EAI_AGAIN', 'uplink-dns'],
    ['ECONNREFUSED', 'uplink-unreachable'],
    ['EHOSTUNREACH', 'uplink-unreachable'],
    ['ETIMEDOUT', 'uplink-unreachable'],
    ['CERT_HAS_EXPIRED', 'uplink-tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'uplink-tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'uplink-tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'uplink-tls'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'uplink-tls'],
    ['ECONNRESET', 'uplink-tls'],
  ])('with %s during the handshake is %s', (code, expected) => {
    expect(codeOfTransport(code)).toBe(expected);
  });

  it('with a reset after the handshake, or without TLS, is a matter of the link', () => {
    expect(codeOfTransport('ECONNRESET', { secured: true })).toBe('uplink-unreachable');
    expect(codeOfTransport('ECONNRESET', { tls: false })).toBe('uplink-unreachable');
  });
});

describe('a refusal by the broker', () => {
  it.each([
    [4, 'uplink-credentials'],
    [5, 'uplink-credentials'],
    [0x86, 'uplink-credentials'],
    [0x87, 'uplink-credentials'],
    [2, 'uplink-refused'],
    [0x85, 'uplink-refused'],
    [3, 'uplink-busy'],
    [0x89, 'uplink-busy'],
    [0x97, 'uplink-busy'],
  ])('of the connection with reason %i is %s', (reason, expected) => {
    expect(connectRefusal(reason, 'text', broker).code).toBe(expected);
  });

  it('by DISCONNECT tells a takeover from the rest', () => {
    expect(disconnectReason(0x8e, 'text', broker).code).toBe('uplink-taken-over');
    expect(disconnectReason(0x8b, 'text', broker).code).toBe('uplink-busy');
    expect(disconnectReason(0x95, 'text', broker).code).toBe('uplink-record-refused');
    expect(disconnectReason(0x87, 'text', broker).code).toBe('uplink-credentials');
    expect(disconnectReason(0x93, 'text', broker).code).toBe('uplink-refused');
  });

  it('of a record tells a missing permission from the rest', () => {
    expect(publishRefusal(0x87, 'text', 'topic').code).toBe('uplink-credentials');
    expect(publishRefusal(0x97, 'text', 'topic').code).toBe('uplink-record-refused');
  });
});
