/**
 * Noise for device sessions, and an oracle that is not the codec itself: the undamaged conversation says what
 * is true, and an independent frame checker says which damaged bytes carry a valid checksum all the same.
 */
import assert from 'node:assert/strict';
import type { DeviceSession, Moment } from '../../src/sensors/loops/device-session.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';
import { createMemoryWatch } from './memory-watch.ts';
import { createSeededRandom, type SeededRandom } from './modbus-random.ts';
import { damage } from './session-damage.ts';

/** One exchange of a recorded conversation. */
export interface FuzzTurn {
  /** Its index in `session.exchanges`; null when the device speaks without being asked. */
  readonly exchange: number | null;
  /** After the turn before, ms. */
  readonly afterMs: number;
  /** What the device says; part n + 1 follows when the session has been given part n (as after its `send`). */
  readonly replies: readonly Uint8Array[];
}

export interface SessionFuzz {
  readonly createSession: () => DeviceSession;
  /** Must be answered wholly by an undamaged session and yield at least one observation. */
  readonly conversation: readonly FuzzTurn[];
  readonly seed: number;
  readonly randomBytes: number;
  /** Damaged performances of the conversation. Default 150. */
  readonly performances?: number;
  /**
   * Every valid-looking frame in a stretch of bytes, at any offset, found without the codec: by its checksum.
   * Without it no claim may be false at all. With it a claim may be false when bytes that carry a valid
   * checksum by chance were delivered in the last turns; those are counted and reported as forged.
   */
  readonly findFrames?: (bytes: Uint8Array) => readonly Uint8Array[];
  /**
   * Frames do not say which answer they are part of, so that a whole one of an earlier answer in the place of a
   * lost one cannot be told apart: it counts as forged. Default false.
   */
  readonly areFramesAnonymous?: boolean;
  /** Makes a recorded reply answer the request that the session has made now: a running number, for example. */
  readonly retarget?: (reply: Uint8Array, request: Uint8Array) => Uint8Array;
  /** How far a claim's time may lie from the undamaged one's beyond what both say of it, ms. Default 1000. */
  readonly toleranceMs?: number;
  /** Wall time of the conversation's start. */
  readonly startWallMs?: number;
}

export interface FuzzReport {
  /** Random and damaged bytes delivered. */
  readonly bytes: number;
  readonly damagedTurns: number;
  /** Observations out of noise and damage, the true ones included. */
  readonly claims: number;
  /** False claims in bytes that carry a valid checksum; 0 without `findFrames`. */
  readonly forgedClaims: number;
  /** Turns in which damage left a valid checksum over wrong bytes: the chances that the codec had to be fooled. */
  readonly forgedFrames: number;
  readonly corrupt: number;
}

const START: Moment = { monoMs: 1_000_000, wallMs: Date.UTC(2026, 4, 1, 8) };
/** A forged frame may act late: through a baseline that it has set. */
const FORGERY_ACTS_FOR_TURNS = 2;

/** Throws AssertionError with the seed and what was delivered; otherwise reports. */
export function fuzzSession(fuzz: SessionFuzz): FuzzReport {
  const truth = perform(fuzz, (reply) => reply);
  assert.ok(truth.claims.length > 0, 'the undamaged conversation yields no observation: it proves nothing');
  assert.equal(truth.unanswered, 0, 'the undamaged conversation is not answered wholly');
  const random = createSeededRandom(fuzz.seed);
  const tally = { bytes: 0, damagedTurns: 0, claims: 0, forgedClaims: 0, forgedFrames: 0, corrupt: 0 };
  fuzzNoise(fuzz, random, tally);
  for (let round = 0; round < (fuzz.performances ?? 150); round += 1) {
    fuzzPerformance(fuzz, random, { truth: truth.claims, tally });
  }
  return tally;
}

type Tally = { -readonly [Key in keyof FuzzReport]: number };

/** A claim with the turn that it came in and the bytes that were delivered in it. */
interface Claim {
  readonly observation: Observation;
  readonly turn: number;
}

interface Performance {
  readonly claims: readonly Claim[];
  readonly delivered: readonly Uint8Array[];
  /** What would have been delivered without damage. */
  readonly intended: readonly (readonly Uint8Array[])[];
  readonly unanswered: number;
  readonly corrupt: number;
}

/** Is given each reply, its place, and everything that was meant to be said until then, itself included. */
type Alter = (
  reply: Uint8Array,
  place: { readonly turn: number; readonly part: number; readonly said: readonly Uint8Array[] },
) => Uint8Array;

function perform(fuzz: SessionFuzz, alter: Alter, session = fuzz.createSession()): Performance {
  const claims: Claim[] = [];
  const delivered: Uint8Array[] = [];
  const intended: Uint8Array[][] = [];
  const answered = new Set<number>();
  let request: Uint8Array = new Uint8Array(0);
  let [unanswered, corrupt, elapsedMs] = [0, 0, 0];
  for (const [turn, { exchange, afterMs, replies }] of fuzz.conversation.entries()) {
    elapsedMs += afterMs;
    const at = momentAfter(fuzz, elapsedMs);
    answered.clear();
    if (exchange !== null) request = session.ask(exchange, at);
    const meant: Uint8Array[] = [];
    intended.push(meant);
    const arrived = replies.map((recorded, part) => {
      const reply = fuzz.retarget?.(recorded, request) ?? recorded;
      meant.push(reply);
      const altered = alter(reply, { turn, part, said: intended.flat() });
      for (const said of session.receive(altered, at)) {
        if (said.kind === 'answered') answered.add(said.exchange);
        if (said.kind === 'corrupt') corrupt += 1;
        if (said.kind === 'send') request = said.bytes;
        if (said.kind !== 'observations') continue;
        claims.push(...said.observations.map((observation) => ({ observation, turn })));
      }
      return altered;
    });
    delivered.push(concat(arrived));
    if (exchange !== null && !answered.has(exchange)) {
      unanswered += 1;
      session.interrupt('timeout');
    }
  }
  return { claims, delivered, intended, unanswered, corrupt };
}

/** Pure noise, and noise behind the beginnings of real frames; the session must live on and then recover. */
function fuzzNoise(fuzz: SessionFuzz, random: SeededRandom, tally: Tally): void {
  const session = fuzz.createSession();
  const polled = session.exchanges.flatMap((exchange, index) => (exchange.pushed ? [] : [index]));
  const replies = fuzz.conversation.flatMap((turn) => turn.replies);
  const memory = createMemoryWatch();
  let recent: Uint8Array = new Uint8Array(0);
  // It ends before the conversation begins.
  let [fed, discarded, elapsedMs] = [0, 0, -START.monoMs];
  const warmUpBytes = fuzz.randomBytes / 5;
  while (fed < fuzz.randomBytes) {
    elapsedMs = Math.min(0, elapsedMs + random.whole(0, 50));
    const at = momentAfter(fuzz, elapsedMs);
    const asked = polled[random.whole(0, Math.max(1, polled.length) * 3)];
    if (asked !== undefined) session.ask(asked, at);
    else if (random.next() < 0.1) session.interrupt(random.next() < 0.5 ? 'timeout' : 'line-lost');
    const portion = noise(random, replies);
    fed += portion.length;
    recent = concat([recent, portion]).slice(-RECENT_BYTES);
    for (const said of session.receive(portion, at)) {
      if (said.kind === 'corrupt') tally.corrupt += 1;
      if (said.kind !== 'observations') continue;
      tally.claims += said.observations.length;
      const forged = fuzz.findFrames?.(recent) ?? [];
      assert.ok(
        forged.length > 0,
        failure(fuzz, 'noise became an observation', said.observations[0], recent),
      );
      tally.forgedClaims += said.observations.length;
    }
    assert.ok(
      session.discardedBytes >= discarded && session.discardedBytes <= fed,
      'discardedBytes is no count',
    );
    discarded = session.discardedBytes;
    if (fed >= warmUpBytes) memory.begin();
  }
  memory.assertBounded();
  session.interrupt('line-lost');
  const recovered = perform(fuzz, (reply) => reply, session);
  assert.ok(
    recovered.claims.length > 0,
    `after the noise nothing is understood any more (seed ${fuzz.seed})`,
  );
  tally.bytes += fed;
}

const UNDAMAGED_SHARE = 0.4;
const RECENT_BYTES = 2048;
const LONGEST_PORTION = 300;

/** A few real bytes first lead the noise past the checks of a header. */
function noise(random: SeededRandom, replies: readonly Uint8Array[]): Uint8Array {
  const portion = random.bytes(random.whole(1, LONGEST_PORTION));
  const reply = replies[random.whole(0, replies.length * 4)];
  // Never all of it: that would be a true frame at a wrong time, which the damaged performances try.
  if (reply !== undefined)
    portion.set(reply.slice(0, random.whole(0, Math.min(8, reply.length / 2, portion.length))));
  return portion;
}

function fuzzPerformance(
  fuzz: SessionFuzz,
  random: SeededRandom,
  known: { readonly truth: readonly Claim[]; readonly tally: Tally },
): void {
  const { truth, tally } = known;
  const replies = fuzz.conversation.flatMap((turn) => turn.replies);
  const damaged = new Map(
    fuzz.conversation.flatMap(({ replies: { length } }, turn) =>
      length === 0 || random.next() < UNDAMAGED_SHARE
        ? []
        : [[turn, new Set([random.whole(0, length), random.whole(0, length)])] as const],
    ),
  );
  const played = perform(fuzz, (reply, { turn, part, said }) => {
    if (damaged.get(turn)?.has(part) !== true) return reply;
    // A line may deliver late what was said before; it foretells nothing.
    return damage(reply, said, random);
  });
  const genuine = new Set([...replies, ...played.intended.flat()].flatMap((reply) => framesIn(fuzz, reply)));
  const forgedTurns = new Set<number>();
  for (const turn of damaged.keys()) {
    const own = new Set((played.intended[turn] ?? []).flatMap((reply) => framesIn(fuzz, reply)));
    const known = fuzz.areFramesAnonymous === true ? own : genuine;
    const frames = framesIn(fuzz, played.delivered[turn] ?? new Uint8Array(0));
    if (frames.some((frame) => !known.has(frame))) forgedTurns.add(turn);
  }
  tally.bytes += played.delivered.reduce((sum, bytes) => sum + bytes.length, 0);
  tally.damagedTurns += damaged.size;
  tally.forgedFrames += forgedTurns.size;
  tally.corrupt += played.corrupt;
  tally.claims += played.claims.length;
  const open = [...truth];
  for (const claim of played.claims) {
    const index = open.findIndex((candidate) => isSame(candidate.observation, claim.observation, fuzz));
    if (index !== -1) {
      if (!MAY_REPEAT.has(claim.observation.kind)) open.splice(index, 1);
      continue;
    }
    const turns = Array.from({ length: FORGERY_ACTS_FOR_TURNS + 1 }, (_, back) => claim.turn - back);
    const bytes = concat(turns.toReversed().map((turn) => played.delivered[turn] ?? new Uint8Array(0)));
    const isForged = turns.some((turn) => forgedTurns.has(turn));
    assert.ok(isForged, failure(fuzz, 'damage became an observation', claim.observation, bytes));
    tally.forgedClaims += 1;
  }
}

/** A state may be told twice; a vehicle or an interval that comes twice is a false one. */
const MAY_REPEAT: ReadonlySet<Observation['kind']> = new Set([
  'loop-counters',
  'loop-occupancy',
  'sensor-fault',
  'sensor-sampling',
]);

const TIMES: ReadonlySet<string> = new Set([
  'atMs',
  'fromMs',
  'toMs',
  'uncertaintyMs',
  'clockUncertaintyMs',
  'missedBefore',
  'detail',
]);

function isSame(truth: Observation, claim: Observation, fuzz: SessionFuzz): boolean {
  const plain = (observation: Observation): string =>
    JSON.stringify(Object.entries(observation).filter(([key]) => !TIMES.has(key)));
  const momentOf = (it: Observation): number => ('atMs' in it ? it.atMs : it.toMs);
  const unsureMs = (it: Observation): number =>
    ('uncertaintyMs' in it ? it.uncertaintyMs : 0) +
    (it.kind === 'loop-transition' ? (it.clockUncertaintyMs ?? 0) : 0);
  const toleranceMs = (fuzz.toleranceMs ?? 1000) + unsureMs(truth) + unsureMs(claim);
  const isInTime = Math.abs(momentOf(truth) - momentOf(claim)) <= toleranceMs;
  return plain(truth) === plain(claim) && (isInTime || MAY_REPEAT.has(truth.kind));
}

function momentAfter(fuzz: SessionFuzz, elapsedMs: number): Moment {
  return { monoMs: START.monoMs + elapsedMs, wallMs: (fuzz.startWallMs ?? START.wallMs) + elapsedMs };
}

function failure(fuzz: SessionFuzz, what: string, observation: unknown, bytes: Uint8Array): string {
  return `${what} (seed ${fuzz.seed}): ${JSON.stringify(observation)} from ${hexOf(bytes)}`;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function framesIn(fuzz: SessionFuzz, bytes: Uint8Array): readonly string[] {
  return (fuzz.findFrames?.(bytes) ?? []).map(hexOf);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
