import { assertNever } from '../../base/assert-never.ts';
import type { Clock } from '../../base/clock.ts';
import type { CatalogFolders, LoadedSite } from '../../catalog/load/load-site.ts';
import { formatProblem } from '../../catalog/load/problem.ts';
import type { LogLevel } from '../../runtime/logger.ts';
import type { Store } from '../../store/store.ts';
import type { OrderContext, OrderOutcome } from '../../uplink/commands/command-desk.ts';
import type { Order } from '../../uplink/payloads/command.ts';
import type { EvidenceArchive } from '../evidence-archive.ts';
import type { Overview } from '../overview.ts';
import { backfill } from './backfill.ts';
import { createEvidenceTransfer, findIncident } from './evidence-transfer.ts';
import { proposeSite } from './site-proposal.ts';
import { siteView } from './site-view.ts';

/** What only the process around the gateway can do. */
export interface ProcessControls {
  readonly folders: CatalogFolders;
  readonly logLevel: LogLevel;
  setLogLevel(level: LogLevel): void;
  /** Ends the process in good order; systemd starts it again. */
  restart(): void;
}

export interface CarryOutParts {
  readonly loaded: LoadedSite;
  readonly upstream: string;
  readonly store: Store;
  readonly archive: EvidenceArchive;
  readonly clock: Clock;
  readonly controls: ProcessControls;
  readonly overview: () => Overview;
  readonly notify: () => void;
}

type OrderOf<K extends Order['kind']> = Extract<Order, { kind: K }>;

/** An agent that was just started is not restarted: a platform that keeps asking must not keep it down. */
const RESTART_AFTER_S = 60;
/** How many problems of a proposal are told, and in how many characters each. */
const PROBLEMS_TOLD = 3;
const PROBLEM_CHARS = 150;

/** What each command does. */
export function createCarryOut(
  parts: CarryOutParts,
): (order: Order, context: OrderContext) => OrderOutcome | Promise<OrderOutcome> {
  const { loaded, upstream, store, archive, clock, controls, overview, notify } = parts;
  const sendClip = createEvidenceTransfer({ site: loaded.site.site.id, store, archive });
  let loggingBack: NodeJS.Timeout | null = null;

  const ping = (): OrderOutcome => {
    const { version, boot, upForS, nowMs, clock: quality } = overview();
    return done({ version, boot, upForS, nowMs, clock: quality });
  };
  const acknowledge = ({ incident, note = '' }: OrderOf<'acknowledge-incident'>): OrderOutcome => {
    const record = findIncident(store, incident);
    if (record === null) return failed('unknown-incident', incident);
    const audited = { action: 'incident-acknowledged', subject: incident, detail: note } as const;
    return { ...done({ incident, phase: record.phase }), audited };
  };
  const changeLogLevel = ({ level, forMin }: OrderOf<'log-level'>): OrderOutcome => {
    if (loggingBack !== null) clearTimeout(loggingBack);
    controls.setLogLevel(level);
    loggingBack = setTimeout(() => controls.setLogLevel(controls.logLevel), forMin * 60_000);
    loggingBack.unref();
    return { ...done({ level, forMin }), audited: { detail: `${level} for ${forMin} min` } };
  };
  const propose = async ({ text }: OrderOf<'config-propose'>): Promise<OrderOutcome> => {
    const proposal = await proposeSite(text, loaded, controls.folders);
    if (proposal.kind === 'refused') {
      const told = proposal.problems.slice(0, PROBLEMS_TOLD);
      const texts = told.map((problem) => formatProblem(problem).slice(0, PROBLEM_CHARS));
      return failed('proposal-refused', `${proposal.problems.length} problems: ${texts.join(' | ')}`);
    }
    const { kind: _, ...kept } = proposal;
    return { ...done(kept), audited: { subject: kept.configRev, detail: kept.file } };
  };
  const restart = (): OrderOutcome => {
    const { upForS } = overview();
    if (upForS < RESTART_AFTER_S) return failed('too-soon', `running for ${upForS} s only`);
    return { ...done(null), afterwards: controls.restart };
  };

  return (order, context) => {
    switch (order.kind) {
      case 'ping':
        return ping();
      case 'snapshot':
        return done({ overview: overview() });
      case 'backfill':
        return backfill(order, { store, upstream, wallMs: clock.now().wallMs, notify });
      case 'clip':
        return sendClip(order, context);
      case 'acknowledge-incident':
        return acknowledge(order);
      case 'log-level':
        return changeLogLevel(order);
      case 'config-get':
        return done({ configRev: loaded.configRev, site: siteView(loaded) });
      case 'config-propose':
        return propose(order);
      case 'restart':
        return restart();
      default:
        return assertNever(order);
    }
  };
}

function done(result: Readonly<Record<string, unknown>> | null): Extract<OrderOutcome, { kind: 'done' }> {
  return { kind: 'done', result };
}

function failed(
  reason: Extract<OrderOutcome, { kind: 'failed' }>['reason'],
  detail: string,
): Extract<OrderOutcome, { kind: 'failed' }> {
  return { kind: 'failed', reason, detail };
}
