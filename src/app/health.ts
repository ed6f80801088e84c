import type { Now } from '../base/clock.ts';
import { recordId } from '../base/ids.ts';
import type { HealthRecord, MachineHealth } from '../traffic/stored-record.ts';
import type { Overview } from './overview.ts';

/** How the agent is doing now, as the record that receivers get. */
export function healthRecord(parts: {
  readonly overview: Overview;
  readonly machine: MachineHealth;
  readonly seq: number;
  readonly now: Now;
}): HealthRecord {
  const { overview, machine, seq, now } = parts;
  const { site, boot, configRev, upForS, inbox, store, processes } = overview;
  const { stored, damaged, evicted, unstored, lost } = store;
  return {
    stream: 'health',
    id: recordId({ site, boot, stream: 'health', seq }),
    ...{ site, boot, seq },
    observedAtMs: Math.round(now.wallMs),
    clock: now.quality,
    ...{ configRev, upForS, inbox },
    store: { stored, damaged, evicted, unstored, lost },
    receivers: [overview.uplink, ...overview.furtherUplinks].map(
      ({ upstream, state, error, connects, published, acknowledged, pending }) => ({
        ...{ upstream, state, error: error?.code ?? null },
        ...{ connects, published, acknowledged, pending },
      }),
    ),
    processes: processes.map(({ process, state, restarts }) => ({ process, state, restarts })),
    sensors: processes.flatMap(({ sensors }) =>
      sensors.map(({ sensor, state, figures }) => ({ sensor, state, figures })),
    ),
    machine,
  };
}
