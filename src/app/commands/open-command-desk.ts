import { PLATFORM } from '../../catalog/schema/uplink.ts';
import type { Logger } from '../../runtime/logger.ts';
import { type CommandDesk, createCommandDesk } from '../../uplink/commands/command-desk.ts';
import { type CarryOutParts, createCarryOut } from './carry-out.ts';
import { readCommandRules } from './command-rules.ts';

/**
 * Who takes the platform's commands and carries them out; null where the site file does not allow any.
 *
 * @throws RoadsideError config-unreadable or config-invalid when a key file does not hold one
 */
export function openCommandDesk(
  parts: Omit<CarryOutParts, 'upstream'> & { readonly boot: string; readonly logger: Logger },
): CommandDesk | null {
  const { loaded, boot, store, clock, notify } = parts;
  const rules = readCommandRules(loaded);
  if (rules === null) return null;
  const logger = parts.logger.child('commands');
  const { commands, audit } = store;
  return createCommandDesk({
    boot,
    rules,
    clock,
    // What the audit gains goes to the platform at once.
    memory: {
      ...commands,
      note: (command, fact) => {
        commands.note(command, fact);
        notify();
      },
      settle: (settled, facts) => {
        commands.settle(settled, facts);
        notify();
      },
      audit: (fact) => {
        audit.append(fact);
        notify();
      },
    },
    carryOut: createCarryOut({ ...parts, upstream: PLATFORM }),
    log: (level, text, fields) => logger[level](text, fields),
  });
}
