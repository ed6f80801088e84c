/** What a scan does on a place, in order: one step per setting of a serial port. Opens and asks nothing. */
import type { BusScanConfiguration } from '../../contract.ts';
import { createDeviceSession } from '../../loops/codecs/create-session.ts';
import type { DeviceSession } from '../../loops/device-session.ts';

export type LineSettings = BusScanConfiguration['settings'][number];
export type FrameCandidate = BusScanConfiguration['frames'][number];

/** What a question takes besides the wait for its answer: its bytes at 9600 Bd, and the pause before them. */
const WIRE_MS = 20;

/** Drivers whose devices are asked the very same question, and the numbers that they are asked by. */
export interface Family {
  readonly candidates: readonly FrameCandidate[];
  /** The first stands twice: what other protocols left in a device's buffer ends with the first question. */
  readonly units: readonly number[];
  readonly answersWithinMs: number;
}

export interface SerialStep {
  readonly settings: LineSettings;
  readonly asksModbus: boolean;
  readonly families: readonly Family[];
  /** Whose frames may be heard at this setting. */
  readonly candidates: readonly FrameCandidate[];
}

/** Modbus: 0 is everybody, and a byte has no more. */
export function modbusUnits({ units }: BusScanConfiguration): readonly number[] {
  return units.filter((unit) => unit >= 1 && unit <= 255);
}

export function serialSteps(plan: BusScanConfiguration): readonly SerialStep[] {
  const wanted = [...plan.settings, ...plan.frames.flatMap(({ settings }) => settings)];
  const distinct = [...new Map(wanted.map((settings) => [keyOf(settings), settings])).values()];
  const modbus = new Set(plan.settings.map(keyOf));
  return distinct.map((settings) => {
    const key = keyOf(settings);
    const candidates = plan.frames.filter((frame) => frame.settings.some((own) => keyOf(own) === key));
    return {
      settings,
      asksModbus: modbus.has(key),
      families: familiesOf(candidates, plan.units),
      candidates,
    };
  });
}

export function calledFamilies({ frames, units }: BusScanConfiguration): readonly Family[] {
  return familiesOf(
    frames.filter(({ isCalled }) => isCalled),
    units,
  );
}

/** What remains to be done on a place where nobody answers. */
export interface Load {
  readonly questions: number;
  readonly atMostMs: number;
}

export function loadOf(families: readonly Family[], modbusTimeoutsMs: readonly number[]): Load {
  const rounds = [
    ...families.map(({ units, answersWithinMs }) => ({ count: units.length, eachMs: answersWithinMs })),
    ...modbusTimeoutsMs.map((eachMs) => ({ count: 1, eachMs })),
  ];
  return {
    questions: rounds.reduce((sum, { count }) => sum + count, 0),
    atMostMs: rounds.reduce((sum, { count, eachMs }) => sum + count * (eachMs + WIRE_MS), 0),
  };
}

function familiesOf(candidates: readonly FrameCandidate[], units: readonly number[]): readonly Family[] {
  const askable = candidates.filter(({ addresses }) => addresses !== null);
  const groups = Map.groupBy(askable, questionKey);
  return [...groups.values()].flatMap((family): Family[] => {
    const [first] = family;
    const possible = units.filter((unit) => family.some((candidate) => canBe(candidate, unit)));
    if (first === undefined || possible.length === 0) return [];
    const answersWithinMs = Math.min(...family.map((candidate) => candidate.answersWithinMs));
    return [{ candidates: family, units: [...possible.slice(0, 1), ...possible], answersWithinMs }];
  });
}

export function canBe({ addresses }: FrameCandidate, unit: number): boolean {
  return addresses !== null && unit >= addresses.from && unit <= addresses.to;
}

/** Candidates with equal keys ask equal questions. */
function questionKey(candidate: FrameCandidate): string {
  const from = candidate.addresses?.from ?? 0;
  const question = openSession(candidate, from).ask(0, { monoMs: 0, wallMs: 0 });
  return `${from} ${question.join(' ')}`;
}

/**
 * A session that asks what takes nothing away: single vehicles leave a SmartSensor's queue when they are told
 * (IRIS, comm/ss125), its intervals stay.
 */
export function openSession(candidate: FrameCandidate, unit: number): DeviceSession {
  const { codec, driver, answersWithinMs } = candidate;
  return createDeviceSession({
    id: driver,
    address: unit,
    identity: null,
    responseTimeoutMs: answersWithinMs,
    turnaroundMs: 0,
    everyMs: 1000,
    codec: 'reads' in codec ? { ...codec, reads: 'intervals' } : codec,
    channels: [{ channel: 1, loop: 'scan' }],
  });
}

function keyOf({ baud, parity, stopBits }: LineSettings): string {
  return `${baud} ${parity} ${stopBits}`;
}
