import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Publication, PublishOutcome } from '../mqtt-session.ts';
import { createOutbound, OUTBOUND_WINDOW, type SendOutcome } from './outbound.ts';
import { createRateLimit } from './rate-limit.ts';

const publication = (payload: string): Publication => ({
  ...{ topic: 't', payload, retain: false, expiryS: null, properties: {} },
});

/** A connection whose answers come when the test says so. */
function fakeLink() {
  const sent: string[] = [];
  const answers: ((outcome: PublishOutcome) => void)[] = [];
  return {
    sent,
    answerAll: () => {
      for (const answer of answers.splice(0)) answer({ kind: 'accepted' });
    },
    publish(each: Publication, settle: (outcome: PublishOutcome) => void) {
      sent.push(each.payload);
      answers.push(settle);
    },
  };
}

describe('what goes out beside the records', () => {
  it('keeps to its window, in order', () => {
    const outbound = createOutbound();
    const link = fakeLink();
    outbound.connected(link);
    for (const text of ['a', 'b', 'c', 'd', 'e']) void outbound.send(publication(text), { kept: true });
    expect(link.sent).toEqual(['a', 'b'].slice(0, OUTBOUND_WINDOW));
    link.answerAll();
    link.answerAll();
    link.answerAll();
    expect(link.sent).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('is sent again on the next connection when it is to be kept, and given up when not', async () => {
    const outbound = createOutbound();
    const first = fakeLink();
    outbound.connected(first);
    const kept = outbound.send(publication('kept'), { kept: true });
    const lost = outbound.send(publication('lost'), { kept: false });
    outbound.disconnected();
    expect(await lost).toEqual({ kind: 'lost' });
    expect(await outbound.send(publication('nowhere'), { kept: false })).toEqual({ kind: 'lost' });
    const second = fakeLink();
    outbound.connected(second);
    expect(second.sent).toEqual(['kept']);
    second.answerAll();
    expect(await kept).toEqual({ kind: 'accepted' });
  });

  it('has a limit: of many answers that wait, the oldest give way', async () => {
    const outbound = createOutbound();
    const all = Array.from({ length: 60 }, (_, index) =>
      outbound.send(publication(String(index)), { kept: true }),
    );
    const first: SendOutcome | undefined = await all[0];
    expect(first).toEqual({ kind: 'lost' });
    const link = fakeLink();
    outbound.connected(link);
    expect(link.sent[0]).toBe('10');
  });
});

describe('a rate limit', () => {
  it('never lets more through than its burst and its rate, whatever the times', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { maxLength: 200 }), (pausesMs) => {
        const limit = createRateLimit({ burst: 5, perS: 2 });
        let nowMs = 0;
        let passed = 0;
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs;
          if (limit.take(nowMs)) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(5 + (nowMs / 1000) * 2);
      }),
    );
  });

  it('gives back nothing when time runs backwards, and all of it after a pause', () => {
    const limit = createRateLimit({ burst: 2, perS: 1 });
    expect([limit.take(1000), limit.take(1000), limit.take(1000), limit.take(0)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([limit.take(60_000), limit.take(60_000), limit.take(60_000)]).toEqual([true, true, false]);
  });
});
