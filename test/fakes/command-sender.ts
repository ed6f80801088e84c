import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import type { CommandKey, Role } from '../../src/uplink/commands/signatures.ts';
import type { CommandPayload, Order } from '../../src/uplink/payloads/command.ts';

/** Somebody at the platform who holds a key. */
export interface CommandSender {
  readonly key: CommandKey;
  readonly publicKeyPem: string;
  /** A signed command; `changes` are signed, too. */
  command(order: Order, atMs: number, changes?: Partial<CommandPayload>): CommandPayload;
}

let commands = 0;

export function createCommandSender(id: string, role: Role, site = 'renmin-lu-3'): CommandSender {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    key: { id, role, publicKey },
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    command: (order, atMs, changes = {}) =>
      signCommand({ ...unsignedCommand(order, atMs, site), key: id, ...changes }, privateKey),
  };
}

/** A good command that nobody has signed. */
export function unsignedCommand(order: Order, atMs: number, site = 'renmin-lu-3'): CommandPayload {
  commands += 1;
  return {
    schema: 'roadside.command/1',
    id: `command-${String(commands).padStart(12, '0')}`,
    site,
    issuedAtMs: Math.round(atMs),
    expiresAtMs: Math.round(atMs) + 60_000,
    order,
  };
}

/** As docs/commands.md tells a platform to sign. */
function signCommand({ signature: _, ...command }: CommandPayload, privateKey: KeyObject): CommandPayload {
  const signature = sign(null, Buffer.from(canonicalJson(command)), privateKey);
  return { ...command, signature: signature.toString('base64url') };
}
