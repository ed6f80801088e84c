/** A fault put into the product's text; the simulation must find it. */
export interface Mutant {
  readonly name: string;
  /** Below src/. */
  readonly file: string;
  /** Each text stands there exactly once, and what takes its place. */
  readonly changes: readonly (readonly [string, string])[];
  /** The seed to begin with, for what takes chance long to find. */
  readonly from?: number;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a row is forgotten when it is sent, not when it is acknowledged',
    file: 'uplink/relay.ts',
    changes: [['    published += 1;', '    published += 1;\n    outbox.acknowledge([row.position]);']],
  },
  {
    name: 'an append returns before its records are on the disk',
    file: 'store/live-store.ts',
    changes: [
      ['  const write = (', '  let held: readonly StoredRecord[] = [];\n  const write = ('],
      ['withRoom(() => write(records));', 'withRoom(() => write(held));\n      held = records;'],
    ],
  },
  {
    name: 'reading does not begin at the oldest row after a reconnection',
    file: 'uplink/relay-core.ts',
    changes: [
      [
        '      beginAnew();\n      for (const lane of progress) lane.retry',
        '      for (const lane of progress) lane.retry',
      ],
    ],
  },
  {
    name: 'the backlog goes before what is live',
    file: 'uplink/relay-core.ts',
    changes: [
      [
        '        taken.push(...takeRetries(lane, outbox, most()));',
        `        taken.push(...takeRetries(lane, outbox, most()));
        taken.push(...takeBacklog(lane, outbox, { limit: Math.min(most(), backlog.limit), upTo: backlog.upTo }));`,
      ],
    ],
  },
  {
    name: 'incidents and faults wait for their turn',
    file: 'uplink/relay-core.ts',
    changes: [
      [
        'for (const lane of progress) {\n        taken',
        'for (const lane of progress.toReversed()) {\n        taken',
      ],
    ],
  },
  {
    name: 'the pace of the backlog is measured on the wall clock',
    file: 'uplink/relay.ts',
    changes: [
      ['const nowMs = clock.monoMs();', 'const nowMs = clock.now().wallMs;'],
      ['pace.restart(clock.monoMs());', 'pace.restart(clock.now().wallMs);'],
    ],
  },
  {
    name: 'what was backlog is live again after the clock was set back',
    file: 'store/outbox.ts',
    changes: [['      if (upTo <= backlogUpTo) return backlogUpTo;\n', '']],
  },
  {
    name: 'what was backlog before a restart is live again after the clock was set back',
    file: 'store/outbox.ts',
    changes: [['let backlogUpTo = upstream.backlogUpTo();', 'let backlogUpTo = 0;']],
    from: 5983,
  },
  {
    name: 'what gives way is not declared missing',
    file: 'store/live-store.ts',
    changes: [["declare(name, 'evicted', missingWithin(rows, name));", 'missingWithin(rows, name);']],
  },
  {
    name: 'what the store never took is not declared missing',
    file: 'store/live-store.ts',
    changes: [["declare(upstream, 'unstored', missing);", 'upstream satisfies typeof missing | string;']],
  },
  {
    name: 'a row is sent twice',
    file: 'uplink/relay.ts',
    changes: [['of taken) send(sending)', 'of [...taken, ...taken.slice(0, 1)]) send(sending)']],
  },
  {
    name: 'a refused row is never offered again',
    file: 'uplink/relay.ts',
    changes: [['        retryLater();\n', '']],
  },
  {
    name: 'one refused row holds up its class',
    file: 'uplink/relay-core.ts',
    changes: [['REFUSALS_BEFORE_HOLD = 10', 'REFUSALS_BEFORE_HOLD = 1']],
  },
  {
    name: 'a record over which the broker hangs up holds up everything',
    file: 'uplink/uplink.ts',
    changes: [['relay.disconnected(end.orderly);', 'relay.disconnected();']],
  },
  {
    name: 'a connection that carried nothing counts as a good one',
    file: 'uplink/relay-core.ts',
    changes: [['(interrupted && earned === 1)', 'false']],
    from: 1114,
  },
  {
    name: 'rows that the outbox has yet to forget do not count against the window',
    file: 'uplink/relay-core.ts',
    changes: [['Math.min(window - accepted.length, earned)', 'Math.min(window, earned)']],
  },
  {
    name: 'the window of the broker is not kept',
    file: 'uplink/uplink.ts',
    changes: [['welcome(Math.min(window, settings.window))', 'welcome(settings.window)']],
  },
  {
    name: 'a broker that refuses is asked again each second',
    file: 'uplink/uplink.ts',
    changes: [['const pauseMs = backoff.nextMs()', 'const pauseMs = 1000']],
  },
  {
    name: 'nobody looks again when the pace allows more',
    file: 'uplink/relay.ts',
    changes: [['older >= limit && waiting > core.inFlight', 'older > limit']],
  },
  {
    name: 'incidents and faults use up the pace of the backlog',
    file: 'uplink/relay.ts',
    changes: [['replayed && relayClassOf(row.stream) !== URGENT', 'replayed']],
  },
  {
    name: 'the pace of the backlog is not kept',
    file: 'uplink/relay.ts',
    changes: [['    pace.spend(older);\n', '']],
  },
];
