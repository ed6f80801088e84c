import type { MqttSession, Publication, PublishOutcome } from '../../src/uplink/mqtt-session.ts';
import { ackOverdue, publishRefusal, silentClose, silentLink } from '../../src/uplink/session-errors.ts';
import type { Surroundings } from '../../src/uplink/surroundings.ts';
import type { UpstreamPlan } from './plan.ts';
import type { Watch } from './watch.ts';
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
  /** Tells the broker's side of the newest connection to go away. */
  let superseded: () => void = () => undefined;
  let hangUp: () => void = () => undefined;
  let awayUntilMs = 0;
  let attempts = 0;

  const restartLater = (): void => {
    if (faults.restartEveryMs === 0) return;
    timeline.after(chance.exponential(faults.restartEveryMs), () => {
      if (world.faultsCeased) return;
      world.trace(`${name}: the broker restarts`);
      awayUntilMs = timeline.nowMs + chance.share() * AWAY_MS;
      hangUp();
      restartLater();
    });
  };
  restartLater();

  const fateOf = (id: string): Fate => {
    if (world.faultsCeased) return 'taken';
    const known = fates.get(id);
    if (known !== undefined) return known;
    const drawn = world.happens(faults.refused)
      ? 'refused'
      : world.happens(faults.hungUpOver)
        ? 'hung-up-over'
        : 'taken';
    fates.set(id, drawn);
    return drawn;
  };

  const openSession = (isAlive: () => boolean): Surroundings['openSession'] => {
    const beganMs = timeline.nowMs;
    let attemptsInLife = 0;
    return (options, listener): MqttSession => {
      attempts += 1;
      attemptsInLife += 1;
      const most = QUICK_ATTEMPTS + (timeline.nowMs - beganMs) / STEADY_MS;
      if (attemptsInLife > most)
        world.breach(`${name}: ${attemptsInLife} attempts to connect since the start`);
      /** The program has given the connection up, or been told that it is gone. */
      let over = false;
      /** Nothing arrives any more: the connection is broken, or a newer one has taken its place. */
      let cut = false;
      let silent = false;
      let connected = false;
      const mute = world.happens(faults.mute);
      let lastUpMs = 0;
      let lastDownMs = 0;

      const end = (error: ReturnType<typeof silentClose>, orderly = false): void => {
        if (over) return;
        over = true;
        world.trace(`${name}: connection ended: ${error.message}`);
        if (!isAlive()) return;
        watch.disconnected();
        listener.ended({ error, otherVersion: 'no', orderly });
      };
      const leave = (): void => {
        if (!over && isAlive()) watch.disconnected();
        over = true;
      };
      const breakOff = (orderly = false): void => {
        cut = true;
        end(silentClose(name, connected), orderly);
      };
      const latencyMs = (): number => faults.latencyMs * (0.5 + chance.share());
      const arrive = (work: () => void): void => {
        if (cut || silent) return;
        if (world.happens(faults.broken)) breakOff();
        else if (world.happens(faults.silenced)) {
          silent = true;
          timeline.after(options.keepaliveS * 1500, () => end(silentLink(name, options.keepaliveS)));
        } else work();
      };
      const up = (work: () => void): void => {
        lastUpMs = Math.max(lastUpMs, timeline.nowMs + latencyMs());
        timeline.after(lastUpMs - timeline.nowMs, () => arrive(work));
      };
      const down = (work: () => void): void => {
        const lateMs = world.happens(faults.acknowledgedLate) ? chance.exponential(options.ackDeadlineMs) : 0;
        if (lateMs === 0) lastDownMs = Math.max(lastDownMs, timeline.nowMs + latencyMs());
        const inMs = lateMs === 0 ? lastDownMs - timeline.nowMs : lateMs;
        timeline.after(inMs, () => arrive(work));
      };
      const take = (publication: Publication, answer: (outcome: PublishOutcome) => void): void => {
        const record = watch.recordOf(publication);
        const fate = record === null ? 'taken' : fateOf(record.id);
        if (fate === 'hung-up-over') return breakOff(true);
        if (record !== null && fate === 'refused') {
          watch.refusedBy(record);
          const error = publishRefusal(0x99, 'payload format invalid', publication.topic);
          return down(() => answer({ kind: 'refused', error }));
        }
        if (record !== null) watch.arrived(record);
        if (!mute) down(() => answer({ kind: 'accepted' }));
      };
      const accept = (): void => {
        superseded();
        superseded = () => {
          cut = true;
        };
        hangUp = () => breakOff(true);
        down(() => {
          if (over || !isAlive()) return;
          connected = true;
          watch.connected(Math.min(faults.window, upstream.settings.window));
          listener.connected({ window: faults.window });
        });
      };
      const refuses = world.happens(faults.connectRefused);
      if (world.happens(faults.connectUnanswered)) silent = true;
      timeline.after(CONNECT_TIMEOUT_MS, () => {
        if (!connected) end(silentClose(name, false));
      });
      up(() => (refuses || timeline.nowMs < awayUntilMs ? breakOff() : accept()));

      return {
        publish(publication, settle) {
          if (over || !isAlive()) return;
          const sent = watch.published(publication);
          let answered = false;
          timeline.after(options.ackDeadlineMs, () => {
            if (!answered) end(ackOverdue(name, options.ackDeadlineMs));
          });
          up(() =>
            take(publication, (outcome) => {
              if (over || !isAlive()) return;
              answered = true;
              watch.answered(sent, outcome);
              settle(outcome);
            }),
          );
        },
        subscribe: () => undefined,
        close: () => {
          leave();
          return Promise.resolve();
        },
        destroy: leave,
      };
    };
  };

  return {
    openSession,
    get attempts() {
      return attempts;
    },
  };
}
