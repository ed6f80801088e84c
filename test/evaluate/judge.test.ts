import { describe, expect, test } from 'vitest';
import { matchCrossings } from './match-crossings.ts';
import { matchIncidents, type OpenedIncident } from './match-incidents.ts';
import { sceneOfTruth } from './scene.ts';
import { type Crossing, shiftedTruth, type Truth, type TruthEvent } from './truth.ts';

const TOLERANCE_S = 0.3;

function crossing(t: number, over: Partial<Crossing> = {}): Crossing {
  return { t, t_in: t - 0.2, t_out: t + 0.2, direction: 'toward', class: 'car', optional: false, ...over };
}

function countedAt(...moments: readonly number[]): readonly { atS: number; class: string }[] {
  return moments.map((atS) => ({ atS, class: 'car' }));
}

describe('crossings', () => {
  test('one counted vehicle takes one crossing', () => {
    const match = matchCrossings([crossing(5)], countedAt(4.9, 5.1), TOLERANCE_S);
    expect(match).toMatchObject({ truth: 1, matched: 1, missed: [], extra: [{ atS: 5.1 }] });
  });

  test('a long crossing leaves the moment to a short one that needs it', () => {
    const waits = crossing(10, { t_in: 5, t_out: 20 });
    const match = matchCrossings([waits, crossing(6)], countedAt(6, 6.1), TOLERANCE_S);
    expect(match).toMatchObject({ matched: 2, missed: [], extra: [] });
  });

  test('an optional crossing is neither required nor an error', () => {
    const optional = crossing(5, { optional: true });
    expect(matchCrossings([optional], [], TOLERANCE_S)).toMatchObject({ truth: 0, missed: [] });
    expect(matchCrossings([optional], countedAt(5), TOLERANCE_S)).toMatchObject({ matched: 0, extra: [] });
  });

  test('moments that fit no crossing match nothing', () => {
    const crossings = [3, 9, 15].map((t) => crossing(t));
    expect(matchCrossings(crossings, countedAt(6, 12, 18), TOLERANCE_S)).toMatchObject({ matched: 0 });
  });
});

const CLIP: Truth = {
  file: 'clip.mp4',
  width: 640,
  height: 360,
  duration: 20,
  lines: [{ id: 'main', p1: [100, 200], p2: [300, 200], crossings: [3, 9, 15].map((t) => crossing(t)) }],
  events: [],
};

describe('a wrong truth', () => {
  test('shifted by 3 s, and round the end of the clip, a sparse truth matches nothing', () => {
    for (const byS of [3, 16]) {
      const [line] = shiftedTruth(CLIP, byS).lines;
      expect(matchCrossings(line?.crossings ?? [], countedAt(3, 9, 15), TOLERANCE_S).matched).toBe(0);
      expect(line?.crossings.every(({ t_in }) => t_in >= 0 && t_in < CLIP.duration)).toBe(true);
    }
  });
});

describe('a clip without a scene', () => {
  test('is counted by the line of its truth, in its direction', () => {
    const [lane] = sceneOfTruth(CLIP)?.lanes ?? [];
    expect(lane).toMatchObject({
      counts: { line: 'main', forward: 'toward' },
      countLine: [
        [100, 200],
        [300, 200],
      ],
      direction: [
        [200, 164],
        [200, 236],
      ],
    });
  });
});

describe('incidents', () => {
  const standing: TruthEvent = {
    type: 'stopped_vehicle',
    t_start: 20,
    t_end: 60,
    bbox: [100, 100, 50, 30],
    benign: false,
  };
  const opened = (openedAtS: number, over: Partial<OpenedIncident> = {}): OpenedIncident => {
    return { incidentKind: 'stopped-vehicle', lane: 'a', openedAtS, positionPx: [125, 130], ...over };
  };
  const judge = (events: readonly TruthEvent[], incidents: readonly OpenedIncident[], durationS = 90) =>
    matchIncidents(events, incidents, { durationS, dwellSOf: () => 5 });

  test('one within its dwell time and ten seconds is in time, a later one is not', () => {
    expect(judge([standing], [opened(34)]).events).toMatchObject([{ openedAt: 34, inTime: true }]);
    expect(judge([standing], [opened(36)]).events).toMatchObject([{ openedAt: 36, inTime: false }]);
  });

  test('one elsewhere, before its time or of another kind at another place is false', () => {
    const elsewhere = opened(30, { positionPx: [500, 300] });
    const other = opened(30, { incidentKind: 'wrong-way', positionPx: [500, 300] });
    const match = judge([standing], [opened(10), elsewhere, other]);
    expect(match.falseIncidents).toHaveLength(3);
    expect(match.events).toMatchObject([{ openedAt: null }]);
  });

  test('one about a benign event is false', () => {
    const match = judge([{ ...standing, benign: true }], [opened(30)]);
    expect(match.falseIncidents).toHaveLength(1);
    expect(match.events).toMatchObject([{ benign: true, openedAt: 30 }]);
  });

  test('one of another kind in the midst of a serious event is not false, and does not stand for it', () => {
    const match = judge([standing], [opened(30, { incidentKind: 'wrong-way' })]);
    expect(match.falseIncidents).toEqual([]);
    expect(match.events).toMatchObject([{ openedAt: null }]);
  });

  test.each([
    ['slow_traffic', 'slow-traffic'],
    ['object_on_road', 'object-on-road'],
    ['pedestrian_on_road', 'pedestrian'],
    ['overturned_vehicle', 'collision'],
    ['landslide', null],
    ['constructor', null],
  ])('of an event of type %s the incidents are %s', (type, kind) => {
    expect(judge([{ ...standing, type }], []).events).toMatchObject([{ kind }]);
  });

  test('an event that the clip cuts off before its dwell time cannot be judged', () => {
    expect(judge([standing], [], 23).events).toMatchObject([{ judgeable: false }]);
  });
});
