import type { Now } from '../../src/base/clock.ts';
import type { Observation, TrackPoint } from '../../src/traffic/observations/observation.ts';
import type { FlowRecord, TrafficRecord } from '../../src/traffic/record.ts';
import { closeSite, foldSite } from '../../src/traffic/site.ts';
import type { SiteDefinition } from '../../src/traffic/site-definition.ts';
import { createSiteState, type SiteState } from '../../src/traffic/site-state.ts';
import { laneDefinition, siteWith } from './site.ts';

export const WALL_MINUS_MONO = Date.UTC(2026, 0, 1);

/** A road that can be driven on: feeds ticks of 100 ms, with one sampling per sensor and second. */
export class TestRoad {
  readonly definition: SiteDefinition;
  state: SiteState = createSiteState('boot');
  readonly records: TrafficRecord[] = [];
  nowMs = 0;
  offsetMs = WALL_MINUS_MONO;
  cardAlive = true;
  cameraAlive = true;
  private pending: Observation[] = [];

  constructor(definition: SiteDefinition = siteWith(laneDefinition({ faults: { lockedOnS: 10 } }))) {
    this.definition = definition;
    this.tick();
  }

  loop(loop: string, occupied: boolean, found = false): this {
    this.pending.push({ kind: 'loop-transition', loop, occupied, atMs: this.nowMs, uncertaintyMs: 5, found });
    return this;
  }
  claim(observation: Observation): this {
    this.pending.push(observation);
    return this;
  }
  run(forMs: number, tracksAt: (atMs: number) => TrackPoint[] = () => []): this {
    const until = this.nowMs + forMs;
    while (this.nowMs < until) {
      this.nowMs += 100;
      if (this.cameraAlive) {
        this.claim({ kind: 'vehicle-tracks', camera: 'cam', atMs: this.nowMs, tracks: tracksAt(this.nowMs) });
      }
      if (this.nowMs % 1000 === 0) this.sample();
      this.tick();
    }
    return this;
  }
  /** One car at 54 km/h in the lane's direction, or against it. */
  drive(order: readonly [string, string] = ['a', 'b']): this {
    const [first, second] = order;
    this.loop(first, true).run(300).loop(second, true).run(200);
    return this.loop(first, false).run(300).loop(second, false).run(200);
  }
  stop(): this {
    this.records.push(...closeSite(this.definition, this.state, this.now()).records);
    return this;
  }
  now(): Now {
    return { monoMs: this.nowMs, wallMs: this.nowMs + this.offsetMs, quality: 'synced' };
  }
  of<S extends TrafficRecord['stream']>(stream: S): Extract<TrafficRecord, { stream: S }>[] {
    return this.records.filter((r): r is Extract<TrafficRecord, { stream: S }> => r.stream === stream);
  }
  flow(source: 'loop' | 'camera', widthS = 20): FlowRecord[] {
    return this.of('flow').filter((r) => r.source === source && r.widthS === widthS);
  }
  private tick(): void {
    const fold = foldSite(this.definition, this.state, this.pending, this.now());
    this.pending = [];
    this.state = fold.state;
    this.records.push(...fold.records);
  }
  private sample(): void {
    const span = { fromMs: this.nowMs - 1000, toMs: this.nowMs };
    const received = this.cardAlive ? 100 : 0;
    const cause = this.cardAlive ? null : 'device';
    this.claim({ kind: 'sensor-sampling', sensor: 'card', ...span, expected: 100, received, cause });
    if (!this.cameraAlive) return;
    this.claim({ kind: 'sensor-sampling', sensor: 'cam', ...span, expected: 10, received: 10, cause: null });
  }
}
