import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import { messageOf } from '../base/errors.ts';
import type { LoadedSite } from '../catalog/load/load-site.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../store/store.ts';
import type { AuditFact, AuditRecord } from '../traffic/stored-record.ts';
import { VERSION } from './version.ts';

/** Keeps in the audit when the agent ran, and with which configuration. */
export interface AuditRuns {
  started(): void;
  stopped(): void;
}

const BY_AGENT = {
  actor: 'agent',
  command: null,
  commandId: null,
  reason: null,
  count: 1,
} as const satisfies Partial<AuditFact>;
const PAGE_ENTRIES = 500;

export function createAuditRuns(
  store: Pick<Store, 'audit'>,
  { loaded, boot, logger }: { readonly loaded: LoadedSite; readonly boot: string; readonly logger: Logger },
): AuditRuns {
  const digest = configDigest(loaded);
  // A store that refuses reports itself; the agent measures all the same.
  const append = (fact: Pick<AuditFact, 'action' | 'subject' | 'detail'>): void => {
    try {
      store.audit.append({ ...BY_AGENT, ...fact });
    } catch (error) {
      logger.warn('the audit could not be kept', { action: fact.action, problem: messageOf(error) });
    }
  };
  return {
    started() {
      const before = lastDigest(store);
      append({ action: 'started', subject: digest, detail: `roadside ${VERSION}, boot ${boot}` });
      if (before === null || before === digest) return;
      append({
        action: 'config-changed',
        subject: digest,
        detail: `it was ${before}; revision ${loaded.configRev}`,
      });
    },
    stopped: () => append({ action: 'stopped', subject: null, detail: `boot ${boot}` }),
  };
}

/** SHA-256 over the whole configuration in force, unlike `configRev` also over what shapes no figure. */
export function configDigest({ site, configRev }: Pick<LoadedSite, 'site' | 'configRev'>): string {
  return createHash('sha256').update(canonicalJson({ site, configRev })).digest('hex');
}

/** The configuration of the last run that is in the audit; null in a new one. */
function lastDigest(store: Pick<Store, 'audit'>): string | null {
  try {
    const { lastNumber } = store.audit.ends();
    for (let upTo = lastNumber; upTo > 0; upTo -= PAGE_ENTRIES) {
      const page = store.audit.read(Math.max(0, upTo - PAGE_ENTRIES), PAGE_ENTRIES);
      const entries = page.map(({ body }): Partial<AuditRecord> => JSON.parse(body));
      const started = entries.findLast(({ action }) => action === 'started');
      if (started !== undefined) return started.subject ?? null;
    }
  } catch {
    // What is damaged tells nothing; `roadside audit verify` says where.
  }
  return null;
}
