import type { OpenLine } from '../line.ts';
import type { AskOutcome } from '../polled-bus.ts';
import { charTimeMs } from '../rtu-timing.ts';
import { createEar } from './ear.ts';
import { mergeProbes, probeFamily } from './frame-probe.ts';
import { type FrameQuestion, frameTalker } from './frame-talker.ts';
import { createScanLine, type ScanLine } from './scan-line.ts';
import type { LineProgress } from './scan-progress.ts';
import type { Family, FrameCandidate } from './scan-steps.ts';
import {
  type Place,
  type ScanTools,
  STRAY_BURSTS_OF_A_MASTER,
  tell,
  tellProgress,
  tellSpeakers,
  textOf,
} from './scan-tools.ts';
import type { UnitProbe } from './unit-probe.ts';

export interface FamilyQuestions {
  readonly open: OpenLine;
  readonly place: Place;
  readonly families: readonly Family[];
  /** Who may speak in between without being asked. */
  readonly candidates: readonly FrameCandidate[];
  readonly progress: LineProgress;
}

export type FamilyCourse =
  | { readonly kind: 'nobody' | 'found' }
  | { readonly kind: 'busy'; readonly bytes: number }
  | { readonly kind: 'closed'; readonly why: string };

/** Asks for devices with frames of their own, protocol by protocol; what is found is told at the end. */
export async function askFamilies(questions: FamilyQuestions, tools: ScanTools): Promise<FamilyCourse> {
  const { open, place, families } = questions;
  const isSerial = place.baud > 0;
  const ear = createEar(questions.candidates);
  const line = createScanLine({
    open,
    openTalker: frameTalker(isSerial ? charTimeMs(place) : 0),
    mayHangUp: !isSerial,
    onUnasked: (bytes) => ear.hear(bytes),
  });
  const probes = new Map<number, UnitProbe>();
  const askAll = async (): Promise<string | null> => {
    for (const family of families) {
      const why = await askFamily(line, { ...questions, family, probes }, tools);
      if (why !== null || isBusy(line)) return why;
    }
    return null;
  };
  return await tools.using(line, async (): Promise<FamilyCourse> => {
    const closed = await askAll();
    for (const [unit, probe] of probes) tell(place, unit, probe, tools);
    const isHeard = tellSpeakers(place, ear, tools);
    if (isHeard || [...probes.values()].some(({ kind }) => kind === 'found')) return { kind: 'found' };
    if (isBusy(line)) return { kind: 'busy', bytes: line.heardBytes };
    return closed === null ? { kind: 'nobody' } : { kind: 'closed', why: closed };
  });
}

type FrameLine = ScanLine<FrameQuestion, AskOutcome>;

function isBusy(line: FrameLine): boolean {
  return line.strayBursts >= STRAY_BURSTS_OF_A_MASTER;
}

/** Null when every number was asked; else why there is no line to ask on any more. */
async function askFamily(
  line: FrameLine,
  on: FamilyQuestions & { readonly family: Family; readonly probes: Map<number, UnitProbe> },
  tools: ScanTools,
): Promise<string | null> {
  const { place, family, probes } = on;
  const names = family.candidates.map(({ driver }) => driver).join(', ');
  const settings = place.baud > 0 ? ` ${textOf(place)}` : '';
  for (const [index, unit] of family.units.entries()) {
    if (tools.isStopped() || isBusy(line)) return null;
    tellProgress(on.progress, `${place.path}${settings} ${names} ${unit}`, tools);
    // The first number stands twice; who answered at once need not be asked again.
    if (index === 1 && probes.get(unit)?.kind === 'found') continue;
    const probe = await probeFamily(unit, family, (question) => line.ask(question));
    if (probe.kind === 'closed') return probe.why;
    if (probe.kind !== 'silent') probes.set(unit, mergeProbes(probes.get(unit), probe));
  }
  return null;
}
