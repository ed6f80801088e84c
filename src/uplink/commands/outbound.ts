import type { MqttSession, Publication, PublishOutcome } from '../mqtt-session.ts';

/** Publications beside the relay's, a few at a time, so that the window of the broker is kept. */
export interface Outbound {
  connected(link: Pick<MqttSession, 'publish'>): void;
  disconnected(): void;
  /** What is `kept` waits for the next connection; the rest is lost with this one. */
  send(publication: Publication, how: { readonly kept: boolean }): Promise<SendOutcome>;
}

export type SendOutcome = PublishOutcome | { readonly kind: 'lost' };

/** How much of the broker's window the relay leaves to it. */
export const OUTBOUND_WINDOW = 2;
/** Replies that wait for a connection; a platform that was away asks again. */
const WAITING_MAX = 50;

interface Waiting {
  readonly publication: Publication;
  readonly kept: boolean;
  readonly settle: (outcome: SendOutcome) => void;
}

export function createOutbound(): Outbound {
  let link: Pick<MqttSession, 'publish'> | null = null;
  let waiting: Waiting[] = [];
  let underWay: Waiting[] = [];

  const sendMore = (): void => {
    while (link !== null && underWay.length < OUTBOUND_WINDOW) {
      const next = waiting.shift();
      if (next === undefined) return;
      underWay.push(next);
      link.publish(next.publication, (outcome) => {
        underWay = underWay.filter((each) => each !== next);
        next.settle(outcome);
        sendMore();
      });
    }
  };
  const drop = (dropped: readonly Waiting[]): void => {
    for (const each of dropped) each.settle({ kind: 'lost' });
  };

  return {
    connected(to) {
      link = to;
      sendMore();
    },
    disconnected() {
      link = null;
      const all = [...underWay, ...waiting];
      underWay = [];
      waiting = all.filter(({ kept }) => kept);
      drop(all.filter(({ kept }) => !kept));
    },
    send(publication, { kept }) {
      return new Promise((settle) => {
        if (link === null && !kept) {
          settle({ kind: 'lost' });
          return;
        }
        waiting.push({ publication, kept, settle });
        drop(waiting.splice(0, waiting.length - WAITING_MAX));
        sendMore();
      });
    },
  };
}
