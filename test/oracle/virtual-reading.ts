/** Reads a simulated card in virtual time, through the decoder and the fold that the gateway uses. */
import type { Now } from '../../src/base/clock.ts';
import type { Read } from '../../src/catalog/derive/reads.ts';
import { createLoopDecoder } from '../../src/sensors/loops/loop-decoder.ts';
import { type CardMap, createCardMap } from '../../src/simulator/cards/card-map.ts';
import { createLoopChannel } from '../../src/simulator/cards/loop-channel.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';
import type { TrafficRecord } from '../../src/traffic/record.ts';
import { foldSite } from '../../src/traffic/site.ts';
import { createSiteState } from '../../src/traffic/site-state.ts';
import { createSeededRandom } from '../fakes/modbus-random.ts';
import { CARD, type CabinetSite } from './cabinet-site.ts';
import type { LoopEdge } from './loop-visits.ts';

const TICK_MS = 100;
const SAMPLE_MS = 1000;
/** From request to reply over TCP; the card looks at its inputs somewhere in between. */
const REPLY_MS = 2;
/** The poller's own lateness. */
const LATENESS_MS = 0.5;
/** A multiple of every interval width, so that intervals begin at SUMO's second 0. */
const WALL_AT_ZERO_MS = Date.UTC(2026, 0, 1);

/** Observations that become known at a moment, in order of time. */
export interface Delivery {
  readonly atMs: number;
  readonly observations: readonly Observation[];
}

/** Polls all reads of the card at their periods from 0 to `endMs`. */
export function pollCard(
  site: CabinetSite,
  edges: readonly LoopEdge[],
  run: { readonly endMs: number; readonly seed: number },
): readonly Delivery[] {
  const random = createSeededRandom(run.seed);
  const channels = new Map(site.wiring.map((loop) => [loop, createLoopChannel()]));
  const map = createCardMap('di16', [...channels.values()]);
  const ordered = edges.toSorted((a, b) => a.atMs - b.atMs);
  let next = 0;
  const driveTo = (atMs: number): void => {
    for (let edge = ordered[next]; edge !== undefined && edge.atMs <= atMs; edge = ordered[next]) {
      channels.get(edge.loop)?.setOccupied(edge.occupied);
      next += 1;
    }
  };
  const [read, ...others] = site.reads;
  if (read === undefined || others.length > 0) throw new RangeError('this card is read with one request');
  const decoder = createLoopDecoder({ ...read, signals: [...read.signals] });
  const deliveries: Delivery[] = [];
  for (let slotMs = 0; slotMs < run.endMs; slotMs += read.everyMs) {
    const sentAtMs = slotMs + random.next() * LATENESS_MS;
    driveTo(sentAtMs + random.next() * REPLY_MS);
    const receivedAtMs = sentAtMs + REPLY_MS;
    const observations = decoder.decode({ bytes: replyOf(map, read), sentAtMs, receivedAtMs });
    if (observations.length > 0) deliveries.push({ atMs: receivedAtMs, observations });
  }
  return deliveries;
}

function replyOf(map: CardMap, read: Read): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(read.quantity / 8));
  for (let i = 0; i < read.quantity; i += 1) {
    if (map.valueAt('discrete-input', read.address + i) === 1)
      bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return bytes;
}

/** A device that stamps its edges itself, to the millisecond. */
export function stampEdges(site: CabinetSite, edges: readonly LoopEdge[]): readonly Delivery[] {
  const found = site.wiring.map(
    (loop): Observation => ({
      kind: 'loop-transition',
      loop,
      occupied: false,
      atMs: 0,
      uncertaintyMs: 0.5,
      found: true,
    }),
  );
  const ordered = edges.filter(({ loop }) => site.wiring.includes(loop)).toSorted((a, b) => a.atMs - b.atMs);
  return [
    { atMs: 0, observations: found },
    ...ordered.map(({ loop, occupied, atMs }): Delivery => {
      const stampMs = Math.round(atMs);
      return {
        atMs: stampMs,
        observations: [
          { kind: 'loop-transition', loop, occupied, atMs: stampMs, uncertaintyMs: 0.5, found: false },
        ],
      };
    }),
  ];
}

/** Every record that the gateway would have made, folding each TICK_MS, with every reading answered. */
export function foldDeliveries(
  site: CabinetSite,
  deliveries: readonly Delivery[],
  run: { readonly endMs: number; readonly everyMs: number },
): readonly TrafficRecord[] {
  const records: TrafficRecord[] = [];
  let state = createSiteState('oracle');
  let next = 0;
  for (let nowMs = 0; nowMs <= run.endMs; nowMs += TICK_MS) {
    const observations: Observation[] = [];
    for (let it = deliveries[next]; it !== undefined && it.atMs <= nowMs; it = deliveries[next]) {
      observations.push(...it.observations);
      next += 1;
    }
    if (nowMs > 0 && nowMs % SAMPLE_MS === 0) observations.push(samplingUntil(nowMs, run.everyMs));
    const fold = foldSite(site.definition, state, observations, nowAt(nowMs));
    state = fold.state;
    for (const record of fold.records) records.push(record);
  }
  return records;
}

export function secondOf(wallMs: number): number {
  return (wallMs - WALL_AT_ZERO_MS) / 1000;
}

function nowAt(monoMs: number): Now {
  return { monoMs, wallMs: WALL_AT_ZERO_MS + monoMs, quality: 'synced' };
}

function samplingUntil(toMs: number, everyMs: number): Observation {
  const expected = SAMPLE_MS / everyMs;
  return {
    kind: 'sensor-sampling',
    sensor: CARD,
    fromMs: toMs - SAMPLE_MS,
    toMs,
    expected,
    received: expected,
    cause: null,
  };
}
