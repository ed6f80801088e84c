import { describe, expect, test } from 'vitest';
import { certaintyOf } from './grounds.ts';
import {
  type LaneEvidence,
  type LaneIncidentInput,
  type LaneIncidentState,
  nextLaneIncident,
  type Subject,
} from './lane-incident.ts';

const rule = { dwellS: 5, clearS: 3, coolDownS: 180 };
const car: Subject = { camera: 'cam', name: 'track-1', foot: [100, 100], sizePx: 40 };

function evidence(atMs: number, over: Partial<LaneEvidence> = {}): LaneIncidentInput {
  const said = { sensor: 'cam', source: 'camera', says: 'raises', conclusive: false } as const;
  return { kind: 'evidence', evidence: { ...said, subject: car, sinceMs: 0, atMs, ...over } };
}
const absence = (nowMs: number, fromMs = 0): LaneIncidentInput => ({ kind: 'absence', fromMs, nowMs });
const saying = (says: 'confirms' | 'weakens', atMs: number): LaneIncidentInput => ({
  kind: 'saying',
  saying: { sensor: 'loop', source: 'loop', says, atMs },
});

const quiet: LaneIncidentState = { kind: 'quiet' };
const grounds = [{ sensor: 'cam', source: 'camera', says: 'raises', atMs: 5000 }] as const;
const open: LaneIncidentState = {
  ...{ kind: 'open', sinceMs: 0, openedMs: 5000, lastMs: 9000 },
  ...{ grounds, subjects: [car], rested: [] },
};
const resting: LaneIncidentState = { kind: 'resting', rested: [{ subject: car, untilMs: 192_000 }] };
const other = { subject: { camera: 'cam', name: 'track-2', foot: [300, 300], sizePx: 40 } } as const;
const elsewhere = { subject: { ...car, camera: 'cam-2' } } as const;
const renamed = { subject: { camera: 'cam', name: 'track-2', foot: [110, 105], sizePx: 40 } } as const;

describe('an incident in a lane', () => {
  const table: readonly (readonly [
    string,
    LaneIncidentState,
    LaneIncidentInput,
    LaneIncidentState['kind'],
    string | null,
  ])[] = [
    ['nothing happens in a quiet lane', quiet, absence(0), 'quiet', null],
    ['evidence short of the dwell opens nothing', quiet, evidence(4999), 'quiet', null],
    ['evidence that has lasted the dwell opens it', quiet, evidence(5000), 'open', 'open'],
    ['conclusive evidence needs no dwell', quiet, evidence(10, { conclusive: true }), 'open', 'open'],
    ['other sensors alone raise nothing', quiet, saying('confirms', 0), 'quiet', null],
    ['the agent stops in a quiet lane', quiet, { kind: 'end', nowMs: 0 }, 'quiet', null],
    ['renewed evidence of the same sensor changes nothing', open, evidence(9500), 'open', null],
    ['a second sensor is an update', open, evidence(9500, { sensor: 'cam-2' }), 'open', 'update'],
    ['what a loop says is an update', open, saying('weakens', 9500), 'open', 'update'],
    ['it stays open through a short absence', open, absence(11_999), 'open', null],
    ['it closes after the clear time', open, absence(12_000), 'resting', 'close'],
    ['time in which nobody looked clears nothing', open, absence(40_000, 38_000), 'open', null],
    ['the clear time begins when somebody looks again', open, absence(41_000, 38_000), 'resting', 'close'],
    ['it closes when the agent stops', open, { kind: 'end', nowMs: 9100 }, 'resting', 'close'],
    ['the same vehicle does not open it again at once', resting, evidence(20_000), 'resting', null],
    ['nor under another name at the same place', resting, evidence(20_000, renamed), 'resting', null],
    ['another vehicle elsewhere opens it', resting, evidence(20_000, other), 'open', 'open'],
    [
      'what another camera numbers so, at the same pixel, opens it',
      resting,
      evidence(20_000, elsewhere),
      'open',
      'open',
    ],
    ['the same vehicle opens it after the cool-down', resting, evidence(192_000), 'open', 'open'],
    ['what loops say opens nothing again', resting, saying('confirms', 20_000), 'resting', null],
    ['rest ends with the cool-down', resting, absence(192_000), 'quiet', null],
  ];
  test.each(table)('%s', (_name, state, input, kind, change) => {
    const next = nextLaneIncident(state, input, rule);
    expect(next.state.kind).toBe(kind);
    expect(next.change).toBe(change);
  });
});

test('what an incident was about rests for its own time, also while another vehicle makes one there and after', () => {
  const again = (state: LaneIncidentState, atMs: number) => nextLaneIncident(state, evidence(atMs), rule);
  const second = nextLaneIncident(resting, evidence(20_000, other), rule).state;
  expect(again(second, 22_000)).toEqual({ state: second, change: null });
  const closed = nextLaneIncident(second, absence(23_000), rule);
  expect(closed.change).toBe('close');
  expect(again(closed.state, 191_000).change).toBeNull();
  expect(again(closed.state, 192_000).change).toBe('open');
});

describe('the certainty of an incident', () => {
  function after(...inputs: readonly LaneIncidentInput[]): string {
    const state = inputs.reduce<LaneIncidentState>(
      (before, input) => nextLaneIncident(before, input, rule).state,
      open,
    );
    return state.kind === 'open' ? certaintyOf(state.grounds) : state.kind;
  }

  test.each<readonly [string, readonly LaneIncidentInput[], string]>([
    ['one camera suspects', [evidence(9500)], 'suspected'],
    ['a second camera confirms', [evidence(9500, { sensor: 'cam-2' })], 'confirmed'],
    ['a loop confirms', [saying('confirms', 9500)], 'confirmed'],
    ['a loop that contradicts leaves a suspicion', [saying('weakens', 9500)], 'suspected'],
    [
      'a loop outweighs the camera that goes on',
      [saying('weakens', 9500), evidence(9600, { says: 'confirms' })],
      'suspected',
    ],
    [
      'a loop that raises what it has contradicted before confirms it',
      [saying('weakens', 9500), evidence(9600, { sensor: 'loop', source: 'loop' })],
      'confirmed',
    ],
    [
      'also when it has changed its mind more than once',
      [saying('confirms', 9400), saying('weakens', 9500), evidence(9600, { sensor: 'loop', source: 'loop' })],
      'confirmed',
    ],
    [
      'a loop that is not believed any more does not contradict',
      [saying('weakens', 9500), { kind: 'distrust', sensors: ['loop'] }, evidence(9600, { sensor: 'cam-2' })],
      'confirmed',
    ],
    [
      'another one still does',
      [saying('weakens', 9500), { kind: 'distrust', sensors: ['b'] }, evidence(9600, { sensor: 'cam-2' })],
      'suspected',
    ],
    ['what a loop said last counts', [saying('weakens', 9500), saying('confirms', 20_000)], 'confirmed'],
  ])('%s', (_name, inputs, certainty) => {
    expect(after(...inputs)).toBe(certainty);
  });

  test('is that of the newest, and its grounds name everyone once for each thing they said', () => {
    const said = [saying('weakens', 9500), saying('weakens', 9600), evidence(9700), saying('confirms', 9900)];
    const state = said.reduce<LaneIncidentState>((s, input) => nextLaneIncident(s, input, rule).state, open);
    expect(state).toMatchObject({
      grounds: [
        { sensor: 'cam', says: 'raises', atMs: 5000 },
        { sensor: 'loop', says: 'weakens', atMs: 9500 },
        { sensor: 'loop', says: 'confirms', atMs: 9900 },
      ],
    });
  });
});
