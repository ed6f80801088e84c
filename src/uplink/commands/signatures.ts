import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from '../../base/canonical-json.ts';
import { RoadsideError } from '../../base/errors.ts';
import type { CommandPayload } from '../payloads/command.ts';

/** What the holder of a key may do; each role includes the ones before. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Somebody who may send commands. */
export interface CommandKey {
  readonly id: string;
  readonly role: Role;
  readonly publicKey: KeyObject;
}

/**
 * A public key from its PEM text (SubjectPublicKeyInfo, as `openssl pkey -pubout` writes it).
 *
 * @throws RoadsideError config-invalid when it is not an Ed25519 public key
 */
export function parsePublicKey(pem: string, file: string): KeyObject {
  const key = tryPublicKey(pem);
  if (key?.asymmetricKeyType === 'ed25519' && !pem.includes('PRIVATE KEY')) return key;
  throw new RoadsideError('config-invalid', `${file} holds no Ed25519 public key`, {
    hint: 'The platform makes one with "openssl genpkey -algorithm ed25519" and hands over "openssl pkey -pubout".',
  });
}

function tryPublicKey(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}

/** RFC 8032 over the canonical JSON of the command without its signature. */
export function isSignedBy(publicKey: KeyObject, command: CommandPayload): boolean {
  const { signature = '', ...signed } = command;
  const bytes = Buffer.from(signature, 'base64url');
  // The last character has bits that no byte needs: one signature has one spelling (RFC 4648, 3.5).
  if (bytes.toString('base64url') !== signature) return false;
  return verify(null, Buffer.from(canonicalJson(signed)), publicKey, bytes);
}

/** SHA-256 of the whole command, hexadecimal. */
export function digestOf(command: CommandPayload): string {
  return createHash('sha256').update(canonicalJson(command)).digest('hex');
}
