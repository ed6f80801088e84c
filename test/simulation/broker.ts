import type { MqttSession, MqttSessionOptions, SessionListener } from '../../src/uplink/mqtt-session.ts';
import { ackOverdue, publishRefusal, silentClose, silentLink } from '../../src/uplink/session-errors.ts';
import type { Surroundings } from '../../src/uplink/surroundings.ts';
import { createLink } from './link.ts';
import type { UpstreamPlan } from './plan.ts';
import type { Carried, Watch } from './watch.ts';
import type { World } from './world.ts';

/** One upstream's broker and the link to it, under the faults of the plan. */
export interface Broker {
  /** For one life of the gateway: nothing is told to it once it is over. */
  openSession(isAlive: () => boolean): Surroundings['openSession'];
  /** Connections that the gateway has asked for. */
  readonly attempts: number;
}

/** The session's own time-out of a connection attempt. */
const CONNECT_TIMEOUT_MS = 20_000;
const AWAY_MS = 15_000;
/** Of one start: so many attempts to connect, and one more in so much time, however often it fails. */
const QUICK_ATTEMPTS = 9;
const STEADY_MS = 33_000;

type Fate = 'taken' | 'refused' | 'hung-up-over';

export function createBroker(world: World, upstream: UpstreamPlan, watch: Watch): Broker {
  const { timeline, chance } = world;
  const { faults, name } = upstream;
  const fates = new Map<string, Fate>();
  /** The broker's side of the newest connection. */
  let newest: { hangUp(): void; supersede(): void } | null = null;
  let awayUntilMs = 0;
  let attempts = 0;

  const restartLater = (): void => {
    if (faults.restartEveryMs === 0) return;
    timeline.after(chance.exponential(faults.restartEveryMs), () => {
      if (world.faultsCeased) return;
      world.trace(`${name}: the broker restarts`);
      awayUntilMs = timeline.nowMs + chance.share() * AWAY_MS;
      newest?.hangUp();
      restartLater();
    });
  };
  restartLater();

  const drawFate = (): Fate => {
    if (world.happens(faults.refused)) return 'refused';
    return world.happens(faults.hungUpOver) ? 'hung-up-over' : 'taken';
  };
  /** A record has the same fate whenever it comes, until the faults cease. */
  const fateOf = (record: Carried | null): Fate => {
    if (record === null || world.faultsCeased) return 'taken';
    const fate = fates.get(record.id) ?? drawFate();
    fates.set(record.id, fate);
    return fate;
  };

  const connect = (
    options: MqttSessionOptions,
    listener: SessionListener,
    isAlive: () => boolean,
  ): MqttSession => {
    /** The program has given the connection up, or been told that it is gone. */
    let over = false;
    let connected = false;
    const mute = world.happens(faults.mute);
    const isOver = (): boolean => over || !isAlive();
    const end = (error: ReturnType<typeof silentClose>, orderly = false): void => {
      if (isOver()) return;
      over = true;
      world.trace(`${name}: connection ended: ${error.message}`);
      watch.disconnected();
      listener.ended({ error, otherVersion: 'no', orderly });
    };
    const endLater = (delayMs: number, error: () => ReturnType<typeof silentClose>): void =>
      void timeline.after(delayMs, () => end(error()));
    const link = createLink({
      world,
      faults,
      broken: () => end(silentClose(name, connected)),
      silenced: () => endLater(options.keepaliveS * 1500, () => silentLink(name, options.keepaliveS)),
    });
    const hangUp = (): void => {
      link.cut();
      if (!isOver()) watch.hungUp();
      end(silentClose(name, connected), connected);
    };
    const leave = (): void => {
      if (!isOver()) watch.disconnected();
      over = true;
    };
    const accept = (): void => {
      newest?.supersede();
      newest = { hangUp, supersede: () => link.cut() };
      link.down(() => {
        if (isOver()) return;
        connected = true;
        watch.connected(Math.min(faults.window, upstream.settings.window));
        listener.connected({ window: faults.window });
      });
    };
    timeline.after(CONNECT_TIMEOUT_MS, () => {
      if (!connected) end(silentClose(name, false));
    });
    if (world.happens(faults.connectUnanswered)) link.cut();
    const refuses = world.happens(faults.connectRefused);
    link.up(() => (refuses || timeline.nowMs < awayUntilMs ? hangUp() : accept()));

    return {
      publish(publication, settle) {
        if (isOver()) return;
        const sent = watch.published(publication);
        let answered = false;
        timeline.after(options.ackDeadlineMs, () => {
          if (!answered) end(ackOverdue(name, options.ackDeadlineMs));
        });
        const answer = (outcome: Parameters<typeof settle>[0]): void => {
          const lateMs = world.happens(faults.acknowledgedLate)
            ? chance.exponential(options.ackDeadlineMs)
            : 0;
          link.down(() => {
            if (isOver()) return;
            answered = true;
            watch.answered(sent, outcome);
            settle(outcome);
          }, lateMs);
        };
        link.up(() => {
          const fate = fateOf(sent);
          if (sent !== null && fate === 'hung-up-over') {
            watch.hungUpOver(sent);
            hangUp();
          } else if (sent !== null && fate === 'refused') {
            watch.refusedBy(sent);
            const error = publishRefusal(0x99, 'payload format invalid', publication.topic);
            answer({ kind: 'refused', error });
          } else {
            if (sent !== null) watch.arrived(sent);
            if (!mute) answer({ kind: 'accepted' });
          }
        });
      },
      subscribe: () => undefined,
      close() {
        leave();
        return Promise.resolve();
      },
      destroy: leave,
    };
  };

  return {
    openSession(isAlive) {
      const beganMs = timeline.nowMs;
      let inThisLife = 0;
      return (options, listener) => {
        attempts += 1;
        inThisLife += 1;
        const most = QUICK_ATTEMPTS + (timeline.nowMs - beganMs) / STEADY_MS;
        if (inThisLife > most) world.breach(`${name}: ${inThisLife} attempts to connect since the start`);
        return connect(options, listener, isAlive);
      };
    },
    get attempts() {
      return attempts;
    },
  };
}
