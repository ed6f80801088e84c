/**
 * The one judge of all fault scenarios. What the store has taken is either delivered as it was stored, or declared
 * missing to the platform in a gap record; in the order of its class; and repeated no more than allowed. The idea
 * of a ledger of obligations that any fault is held against is Vector's (its Antithesis scenarios, 2026).
 */
import { hash } from 'node:crypto';
import { type RelayClass, relayClassOf } from '../../src/store/relay-class.ts';
import type { GapRecord, StoredRecord, StreamName } from '../../src/traffic/stored-record.ts';

/** A record on its arrival at the platform; `body` is its JSON text without the envelope. */
export interface Delivery {
  readonly id: string;
  readonly body: string;
  /** Which of the two topic trees: each keeps its own order. */
  readonly replayed: boolean;
  /** The broker has refused it before: it comes behind later ones. */
  readonly outOfTurn?: boolean;
}

export interface OracleOptions {
  /** Whose ledger this is: gap records for others account for nothing. */
  readonly upstream: string;
  /** Arrivals beyond the first, of all records together: a window for each reconnection. */
  readonly repeatsAllowed: number;
}

export interface Verdict {
  readonly accepted: number;
  /** Accepted records that arrived. */
  readonly delivered: number;
  /** Accepted records that did not arrive and that gap records name. */
  readonly declared: number;
  /** Accepted records that did not arrive and that gap records only count. */
  readonly unnamed: number;
  readonly repeated: number;
  /** What does not hold, as sentences; empty when the ledger balances. */
  readonly broken: readonly string[];
}

export interface LedgerOracle {
  /** The store was asked to take it; whether it did is not known yet. In order. */
  offer(record: StoredRecord): void;
  /** The store has said that it took the record, or the program still holds it and must store it. */
  accept(id: string): void;
  /** In order of arrival. */
  deliver(delivery: Delivery): void;
  /** Call once, after the last arrival. `repeatsAllowed` may be known only then. */
  verdict(changes?: Partial<OracleOptions>): Verdict;
}

interface Entry {
  readonly digest: string;
  readonly order: number;
  readonly class: RelayClass;
  accepted: boolean;
  arrivals: number;
}

/** Of each kind of breach so many are named. */
const NAMED = 5;

export function createLedgerOracle(options: OracleOptions): LedgerOracle {
  const entries = new Map<string, Entry>();
  const gaps = new Map<string, GapRecord>();
  /** Highest order that arrived, by tree and class. */
  const reached = new Map<string, { order: number; id: string }>();
  const breaches = new Map<string, string[]>();
  let repeated = 0;

  const breach = (kind: string, what: string): void => {
    breaches.set(kind, [...(breaches.get(kind) ?? []), what]);
  };
  const checkOrder = (entry: Entry, { id, replayed, outOfTurn }: Delivery): void => {
    if (outOfTurn === true) return;
    const place = `${replayed}/${entry.class}`;
    const last = reached.get(place);
    if (last !== undefined && last.order > entry.order) breach('disordered', `${id} after ${last.id}`);
    else reached.set(place, { order: entry.order, id });
  };
  const declaredIds = (upstream: string): ReadonlySet<string> => {
    const ids = new Set<string>();
    for (const gap of gaps.values()) {
      if (gap.upstream !== upstream) continue;
      for (const { boot, stream, fromSeq, toSeq } of gap.ranges) {
        for (let seq = fromSeq; seq <= toSeq; seq += 1) ids.add(`${gap.site}/${boot}/${stream}/${seq}`);
      }
    }
    return ids;
  };

  return {
    offer(record) {
      const { id, stream } = record;
      if (entries.has(id)) return;
      entries.set(id, {
        digest: hash('sha1', JSON.stringify(record)),
        order: entries.size,
        class: relayClassOf(stream),
        accepted: false,
        arrivals: 0,
      });
    },
    accept(id) {
      const entry = entries.get(id);
      if (entry === undefined) throw new Error(`${id} was accepted and never offered`);
      entry.accepted = true;
    },
    deliver(delivery) {
      const { id, body } = delivery;
      const entry = entries.get(id);
      if (entry === undefined) {
        if (streamOf(id) === 'gap') gaps.set(id, JSON.parse(body));
        else breach('never stored', id);
        return;
      }
      entry.arrivals += 1;
      if (entry.digest !== hash('sha1', body)) breach('altered', id);
      if (entry.arrivals > 1) repeated += 1;
      else checkOrder(entry, delivery);
    },
    verdict(changes = {}) {
      const { upstream, repeatsAllowed } = { ...options, ...changes };
      const declared = declaredIds(upstream);
      const accepted = [...entries].filter(([, entry]) => entry.accepted);
      const absent = accepted.filter(([, { arrivals }]) => arrivals === 0).map(([id]) => id);
      const silent = absent.filter((id) => !declared.has(id));
      const counted = [...gaps.values()]
        .filter((gap) => gap.upstream === upstream)
        .reduce((sum, gap) => sum + gap.unnamed, 0);
      for (const id of silent.length > counted ? silent : []) breach('lost', id);
      if (repeated > repeatsAllowed) breach('repeated', `${repeated} times, allowed are ${repeatsAllowed}`);
      return {
        accepted: accepted.length,
        delivered: accepted.length - absent.length,
        declared: absent.length - silent.length,
        unnamed: silent.length,
        repeated,
        broken: [...breaches].map(([kind, all]) => sentence(kind, all)),
      };
    },
  };
}

/** What stands between the first and the last slash of `site/boot/stream/seq` but the boot. */
function streamOf(id: string): StreamName | string {
  return id.split('/')[2] ?? '';
}

function sentence(kind: string, all: readonly string[]): string {
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  return `${kind}: ${all.slice(0, NAMED).join(', ')}${more}`;
}
