/** One device session at work: its exchanges are asked and awaited, its claims and its sendings passed on. */
import { createSystemClock } from '../../base/clock.ts';
import type { Observation } from '../../traffic/observations/observation.ts';
import type { DeviceSession, Moment, SessionSays } from '../loops/device-session.ts';
import { createDeadline } from './deadline.ts';
import type { Line } from './line.ts';
import type { AskOutcome } from './polled-bus.ts';

/** A reply of which bytes still come in is not late; so long without any, and it has ended. */
export const REPLY_PAUSE_MS = 50;
/** An exchange may take several requests; after this it is given up, because others wait for the line. */
export const LONGEST_EXCHANGE_MS = 10_000;

export interface SessionPort {
  readonly isAsked: boolean;
  ask(exchange: number, line: Pick<Line, 'write'>): Promise<AskOutcome>;
  receive(bytes: Uint8Array, line: Pick<Line, 'write'>): void;
  /** The line is gone: what was asked will not be answered. */
  lose(): void;
}

export interface SessionPortOptions {
  readonly session: DeviceSession;
  readonly responseTimeoutMs: number;
  /** Time that bytes take to leave; 0 where it is not known. */
  readonly charMs: number;
  readonly observe: (observations: readonly Observation[]) => void;
  readonly onPushed: (exchange: number) => void;
  /** A damaged frame that answers nothing that was asked. */
  readonly onStrayDamage: () => void;
}

interface OpenExchange {
  readonly exchange: number;
  readonly startedAtMs: number;
  heardAtMs: number;
  readonly settle: (outcome: AskOutcome) => void;
}

const clock = createSystemClock();
/** Of both clocks; device stamps are wall times. */
export function moment(): Moment {
  return clock.now();
}

export function createSessionPort(options: SessionPortOptions): SessionPort {
  const { session, responseTimeoutMs } = options;
  let open: OpenExchange | null = null;

  const settle = (outcome: AskOutcome): void => {
    const ended = open;
    if (ended === null) return;
    open = null;
    deadline.clear();
    ended.settle(outcome);
  };
  const deadline = createDeadline(() => {
    if (open === null) return;
    const goesOnUntilMs = open.heardAtMs + REPLY_PAUSE_MS;
    const isOverlong = clock.monoMs() - open.startedAtMs > LONGEST_EXCHANGE_MS;
    if (goesOnUntilMs > clock.monoMs() && !isOverlong) {
      deadline.set(goesOnUntilMs);
      return;
    }
    session.interrupt('timeout');
    settle({ kind: 'timeout', why: 'does not answer; check its power, address and wiring' });
  });
  const send = (bytes: Uint8Array, line: Pick<Line, 'write'>): void => {
    line.write(bytes);
    if (open !== null) deadline.set(clock.monoMs() + bytes.length * options.charMs + responseTimeoutMs);
  };
  const heed = (said: SessionSays, line: Pick<Line, 'write'>): void => {
    switch (said.kind) {
      case 'answered':
        if (open?.exchange === said.exchange) settle(ANSWERED);
        else if (session.exchanges[said.exchange]?.pushed === true) options.onPushed(said.exchange);
        return;
      case 'refused':
        if (open?.exchange === said.exchange) settle({ kind: 'refused', why: said.why, isTold: false });
        return;
      case 'corrupt':
        if (open === null) options.onStrayDamage();
        else settle({ kind: 'corrupt', why: said.why });
        return;
      case 'observations':
        if (said.observations.length > 0) options.observe(said.observations);
        return;
      case 'send':
        send(said.bytes, line);
        return;
    }
  };

  return {
    get isAsked() {
      return open !== null;
    },
    ask(exchange, line) {
      const at = moment();
      return new Promise((resolve) => {
        const bytes = session.ask(exchange, at);
        const startedAtMs = at.monoMs;
        open = { exchange, startedAtMs, heardAtMs: Number.NEGATIVE_INFINITY, settle: resolve };
        send(bytes, line);
      });
    },
    receive(bytes, line) {
      const at = moment();
      if (open !== null) open.heardAtMs = at.monoMs;
      for (const said of session.receive(bytes, at)) heed(said, line);
    },
    lose() {
      session.interrupt('line-lost');
      settle({ kind: 'closed' });
    },
  };
}

const ANSWERED: AskOutcome = { kind: 'answered' };
