import { describe, expect, test } from 'vitest';
import type { LoopTransition } from '../observations/observation.ts';
import type { StationDefinition } from '../site-definition.ts';
import {
  EMPTY_STATION,
  expireCrossings,
  foldStationCounter,
  foldTransition,
  type StationState,
} from './loop-station.ts';
import type { CompletedPassage } from './passage.ts';

const loop = (name: string) => ({ loop: name, device: 'card', bus: 'bus' });
const dual: StationDefinition = {
  entry: loop('a'),
  exit: loop('b'),
  spacingM: 4.5,
  loopLengthM: 2,
  lockedOnS: 120,
};
const single: StationDefinition = { ...dual, exit: null, spacingM: null };

/** `a+100` = loop a occupied at 100 ms, `b-250` = loop b free; a trailing `?` marks a state found at start. */
function drive(definition: StationDefinition, script: string, untilMs = 60_000): CompletedPassage[] {
  const station = { lane: 'north-1', definition };
  let state: StationState = EMPTY_STATION;
  const passages: CompletedPassage[] = [];
  for (const step of script.split(' ')) {
    const [, name, sign, at, found] = /^(\w)([+-])(\d+)(\??)$/.exec(step) ?? [];
    const transition: LoopTransition = {
      kind: 'loop-transition',
      loop: name ?? '',
      occupied: sign === '+',
      atMs: Number(at),
      uncertaintyMs: 5,
      found: found === '?',
    };
    const fold = foldTransition(station, state, transition);
    state = fold.state;
    passages.push(...fold.passages);
  }
  passages.push(...expireCrossings(station, state, untilMs).passages);
  return passages;
}

describe('a dual-loop station', () => {
  test('makes one passage with speed and length of one vehicle', () => {
    // 15 m/s: 4.5 m in 300 ms; on-time 440 ms = (4.6 m + 2 m) / 15 m/s
    const [passage, ...others] = drive(dual, 'a+1000 b+1300 a-1440 b-1740');
    expect(others).toEqual([]);
    expect(passage).toMatchObject({
      direction: 'forward',
      frontMs: 1000,
      rearMs: 1440,
      completedMs: 1740,
      onTimeMs: 440,
    });
    expect(passage?.speedKmh).toBeCloseTo(54, 1);
    expect(passage?.lengthM).toBeCloseTo(4.6, 2);
  });
  test('pairs vehicles in order when a second one enters before the first has left', () => {
    const passages = drive(dual, 'a+1000 b+1500 a-1600 a+2000 b-2100 b+2500 a-2600 b-3100');
    expect(passages.map((p) => [p.direction, p.frontMs, p.completedMs])).toEqual([
      ['forward', 1000, 2100],
      ['forward', 2000, 3100],
    ]);
  });
  test('sees a vehicle that meets the exit loop first as driving the wrong way', () => {
    const [passage, ...others] = drive(dual, 'b+1000 a+1300 b-1440 a-1740');
    expect(others).toEqual([]);
    expect(passage).toMatchObject({ direction: 'reverse', frontMs: 1300 });
    expect(passage?.speedKmh).toBeCloseTo(54, 1);
  });
  test('does not mistake a vehicle after an unseen one for the wrong way', () => {
    // the entry loop missed the first vehicle; the second comes after the first has left the exit loop
    const passages = drive(dual, 'b+1000 b-1440 a+3000 b+3300 a-3440 b-3740');
    expect(passages.map((p) => [p.direction, p.frontMs])).toEqual([['forward', 3000]]);
  });
  test('counts a vehicle that never reached the exit loop, without a speed', () => {
    expect(drive(dual, 'a+1000 a-1400')).toMatchObject([
      { direction: 'forward', speedKmh: null, onTimeMs: 400 },
    ]);
  });
  test('counts a vehicle found standing on both loops at start, without on-time or speed', () => {
    expect(drive(dual, 'a+0? b+0? a-500 b-900')).toMatchObject([
      { direction: 'forward', onTimeMs: null, speedKmh: null },
    ]);
  });
  test('publishes no speed that polling is too coarse to carry', () => {
    // 4.5 m in 15 ms against edges that are each 5 ms uncertain
    expect(drive(dual, 'a+1000 b+1015 a-1040 b-1055')).toMatchObject([{ speedKmh: null }]);
  });
});

describe('a single-loop station', () => {
  test('makes one passage of one pulse and no speed', () => {
    expect(drive(single, 'a+1000 a-1400')).toMatchObject([
      { onTimeMs: 400, speedKmh: null, completedMs: 1400 },
    ]);
  });
  test('ignores a state that is only repeated', () => {
    expect(drive(single, 'a+1000 a+1100 a-1400 a-1500')).toHaveLength(1);
  });
  test('adds the vehicles that only the counter knows, marked as such', () => {
    const station = { lane: 'north-1', definition: single };
    let state: StationState = EMPTY_STATION;
    const passages: CompletedPassage[] = [];
    for (const [count, atMs] of [
      [5, 0],
      [7, 1000],
      [7, 2000],
      [7, 3000],
    ] as const) {
      const fold = foldStationCounter(station, state, {
        kind: 'loop-counters',
        loop: 'a',
        count,
        bits: 32,
        nonVolatile: true,
        atMs,
      });
      state = fold.state;
      passages.push(...fold.passages);
    }
    expect(passages).toHaveLength(2);
    expect(passages[0]).toMatchObject({ counterOnly: true, speedKmh: null, onTimeMs: null });
  });
});
