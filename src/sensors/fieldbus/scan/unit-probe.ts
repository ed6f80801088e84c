/** Asks one unit number whether anybody is there, and who it is. */
import type { BusScanConfiguration } from '../../contract.ts';
import type { ReadRequest } from '../modbus-frames.ts';
import type { ReadOutcome } from '../modbus-master.ts';

export type Known = Pick<BusScanConfiguration, 'identify' | 'fits'>;
type Identify = BusScanConfiguration['identify'];

export type UnitProbe =
  | { readonly kind: 'found'; readonly drivers: readonly string[]; readonly detail: string }
  | { readonly kind: 'silent' }
  /** Twice something came that was no whole reply. */
  | { readonly kind: 'garbled'; readonly why: string }
  /** The line is gone, or the scan was stopped. */
  | { readonly kind: 'closed'; readonly why: string };

type Question = Omit<ReadRequest, 'unit'>;
type Answer = Exclude<ReadOutcome, { kind: 'closed' }>;

/** Asked when no driver says how to recognise its device: whatever the answer, somebody gave it. */
const ANYTHING: Question = { table: 'holding-register', address: 1, quantity: 1 };
/** A gateway's own answer that nobody is behind it (Modbus Application Protocol V1.1b3, section 7). */
const GATEWAY_EXCEPTIONS: readonly number[] = [0x0a, 0x0b];

/**
 * An exception is an answer too: somebody is there who does not have what was asked for.
 *
 * @param read asks one read of this unit and resolves with how it ended
 */
export async function probeUnit(
  unit: number,
  { identify, fits }: Known,
  read: (request: ReadRequest) => Promise<ReadOutcome>,
): Promise<UnitProbe> {
  const ask = (question: Question): Promise<ReadOutcome> => read({ unit, ...question });
  const questions = questionsOf(identify);
  const [first = ANYTHING, ...others] = questions;
  let opening = await ask(first);
  // One spark of noise is no finding; the same again is.
  if (opening.kind === 'corrupt') opening = await ask(first);
  if (opening.kind === 'corrupt') return { kind: 'garbled', why: opening.why };
  if (opening.kind === 'closed') return opening;
  if (opening.kind === 'timeout' || isNobody(opening)) return { kind: 'silent' };

  const answers = new Map<string, Answer>([[keyOf(first), opening]]);
  for (const question of others) {
    const answer = await ask(question);
    if (answer.kind === 'closed') return answer;
    answers.set(keyOf(question), answer);
  }
  const drivers = identify.filter((one) => agrees(one, answers.get(keyOf(questionOf(one)))));
  if (drivers.length > 0) {
    const [known] = drivers;
    const detail = known === undefined ? '' : describe(questionOf(known), answers);
    return { kind: 'found', drivers: [...new Set(drivers.map(({ driver }) => driver))], detail };
  }
  const fitting: string[] = [];
  for (const { driver, reads } of fits) if (await answersAll(reads, ask)) fitting.push(driver);
  const fit = fitting.length === 0 ? '' : '; answers all that these drivers read';
  return { kind: 'found', drivers: fitting, detail: `${describe(first, answers)}${fit}` };
}

function questionsOf(identify: Identify): readonly Question[] {
  return [...new Map(identify.map((one) => [keyOf(questionOf(one)), questionOf(one)])).values()];
}

function questionOf({ table, address }: Identify[number]): Question {
  return { table, address, quantity: 1 };
}

function keyOf({ table, address }: Question): string {
  return `${table} ${address}`;
}

function isNobody(answer: Answer): boolean {
  return answer.kind === 'exception' && GATEWAY_EXCEPTIONS.includes(answer.code);
}

function agrees({ mask, expect }: Identify[number], answer: Answer | undefined): boolean {
  return answer?.kind === 'values' && (wordOf(answer.bytes) & mask) === (expect & mask);
}

function describe(question: Question, answers: ReadonlyMap<string, Answer>): string {
  const answer = answers.get(keyOf(question));
  if (answer?.kind === 'values') return `${keyOf(question)} = 0x${hex(wordOf(answer.bytes))}`;
  return answer?.kind === 'exception' ? `refuses ${keyOf(question)} (exception ${answer.code})` : '';
}

async function answersAll(
  reads: readonly Question[],
  ask: (question: Question) => Promise<ReadOutcome>,
): Promise<boolean> {
  for (const read of reads) if ((await ask(read)).kind !== 'values') return false;
  return true;
}

function wordOf(bytes: Uint8Array): number {
  // A bit table's reply is one byte.
  return bytes.length < 2 ? (bytes[0] ?? 0) : ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}

function hex(word: number): string {
  return word.toString(16).padStart(4, '0');
}
