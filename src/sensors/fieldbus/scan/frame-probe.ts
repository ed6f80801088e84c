/** Asks one number, in one protocol of frames, whether anybody is there, and who it can be. */
import type { AskOutcome } from '../polled-bus.ts';
import type { FrameQuestion } from './frame-talker.ts';
import type { Asked } from './scan-line.ts';
import { canBe, type Family, openSession } from './scan-steps.ts';
import type { UnitProbe } from './unit-probe.ts';

/** Some checksums are one byte: one answer may be an accident, two are not. */
const ANSWERS_TO_BELIEVE = 2;
const QUESTIONS_AT_MOST = 3;
/**
 * Bytes around an answer that are not of it, at most: line ends and the glitch of a line that turns round. More
 * is noise in which an answer seems to stand: the XOR of a Canoga answer fits whatever repeats itself.
 */
const STRANGE_BYTES = 16;

export async function probeFamily(
  unit: number,
  family: Family,
  ask: (question: FrameQuestion) => Promise<Asked<AskOutcome>>,
): Promise<UnitProbe> {
  const drivers: string[] = [];
  let detail = '';
  let damage = '';
  for (const candidate of family.candidates) {
    if (!canBe(candidate, unit)) continue;
    const session = openSession(candidate, unit);
    let answers = 0;
    let said = '';
    for (let asked = 0; asked < QUESTIONS_AT_MOST && answers < ANSWERS_TO_BELIEVE; asked += 1) {
      const discardedBefore = session.discardedBytes;
      const outcome = await ask({ session, answersWithinMs: family.answersWithinMs });
      const isAmongNoise = session.discardedBytes - discardedBefore > STRANGE_BYTES;
      if (outcome.kind === 'closed') return outcome;
      // All of the family ask the same: who does not answer this one is not there.
      if (outcome.kind === 'timeout' && asked === 0) return { kind: 'silent' };
      if (isAmongNoise) damage = 'an answer stands among other bytes';
      else if (outcome.kind === 'answered' || outcome.kind === 'refused') answers += 1;
      if (outcome.kind === 'refused') said = ` (refuses: ${outcome.why})`;
      if (outcome.kind === 'corrupt') damage = outcome.why;
    }
    if (answers < ANSWERS_TO_BELIEVE) continue;
    drivers.push(candidate.driver);
    detail = `answered "${session.exchanges[0]?.name ?? ''}" twice, whole and undamaged${said}`;
  }
  if (drivers.length > 0) return { kind: 'found', drivers, detail };
  return { kind: 'garbled', why: damage === '' ? 'answered once and not again' : damage };
}

/** Of the same number in two protocols: what was found is worth more than what was not understood. */
export function mergeProbes(known: UnitProbe | undefined, next: UnitProbe): UnitProbe {
  if (known?.kind !== 'found') return next.kind === 'silent' && known !== undefined ? known : next;
  if (next.kind !== 'found') return known;
  return {
    kind: 'found',
    drivers: [...known.drivers, ...next.drivers],
    detail: `${known.detail}; ${next.detail}`,
  };
}
