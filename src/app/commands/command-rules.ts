import { readFileSync } from 'node:fs';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { LoadedSite } from '../../catalog/load/load-site.ts';
import type { CommandRules } from '../../uplink/commands/judge-command.ts';
import { parsePublicKey } from '../../uplink/commands/signatures.ts';

/**
 * Who may send which commands; null where the site takes none.
 *
 * @throws RoadsideError config-unreadable or config-invalid when a key file does not hold one
 */
export function readCommandRules({ site }: Pick<LoadedSite, 'site'>): CommandRules | null {
  const { enabled, keys, unsignedRole } = site.uplink.commands;
  if (!enabled) return null;
  return {
    site: site.site.id,
    unsignedRole,
    keys: keys.map(({ id, role, publicKeyFile }) => ({
      id,
      role,
      publicKey: parsePublicKey(readKeyFile(publicKeyFile), publicKeyFile),
    })),
  };
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RoadsideError('config-unreadable', `cannot read ${file}: ${messageOf(error)}`, {
      hint: 'Check publicKeyFile in the site file and that the user of the gateway may read the file.',
      cause: error,
    });
  }
}
