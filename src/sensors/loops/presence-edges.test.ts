import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPresenceEdges, LONGEST_BRIDGE_MS } from './presence-edges.ts';

const read = (sentAtMs: number, tookMs = 2) => ({ sentAtMs, receivedAtMs: sentAtMs + tookMs });

describe('presence edges', () => {
  it('the first reading finds a state whose edge nobody saw', () => {
    expect(createPresenceEdges('a').see(true, read(100))).toEqual({
      kind: 'loop-transition',
      loop: 'a',
      occupied: true,
      atMs: 101,
      uncertaintyMs: 1,
      found: true,
    });
  });

  it('an edge lies between the last request and this reply', () => {
    const edges = createPresenceEdges('a');
    edges.see(false, read(100));
    expect(edges.see(false, read(110))).toBeNull();
    expect(edges.see(true, read(120))).toMatchObject({ atMs: 116, uncertaintyMs: 6, found: false });
  });

  it('after a long failure even the same state is found anew', () => {
    const edges = createPresenceEdges('a');
    edges.see(true, read(100));
    edges.interrupt();
    expect(edges.see(true, read(100 + LONGEST_BRIDGE_MS))).toMatchObject({ occupied: true, found: true });
  });

  it('after a short failure an edge is only less sharp', () => {
    const edges = createPresenceEdges('a');
    edges.see(true, read(100));
    edges.interrupt();
    expect(edges.see(true, read(150))).toBeNull();
    edges.interrupt();
    expect(edges.see(false, read(200))).toMatchObject({ atMs: 176, uncertaintyMs: 26, found: false });
  });

  it('slow readings that do not fail are no failure', () => {
    const edges = createPresenceEdges('a');
    edges.see(true, read(100));
    expect(edges.see(true, read(1100))).toBeNull();
  });

  it('the true moment of an edge is always within its uncertainty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 5, max: 80 }), fc.nat({ max: 4 })), {
          minLength: 2,
          maxLength: 60,
        }),
        fc.nat({ max: 2000 }),
        (periods, edgeAtMs) => {
          const edges = createPresenceEdges('a');
          let sentAtMs = 0;
          for (const [everyMs, tookMs] of periods) {
            const sampledAtMs = sentAtMs + tookMs / 2;
            const edge = edges.see(sampledAtMs >= edgeAtMs, read(sentAtMs, tookMs));
            if (edge !== null && !edge.found && Math.abs(edge.atMs - edgeAtMs) > edge.uncertaintyMs)
              return false;
            sentAtMs += everyMs;
          }
          return true;
        },
      ),
    );
  });
});
