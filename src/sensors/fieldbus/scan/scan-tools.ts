/** What every part of a scan shares. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../../base/clock.ts';
import type { BusScanConfiguration, ScanFinding } from '../../contract.ts';
import { RTU_SHORTEST_REPLY_BYTES } from '../modbus-frames.ts';
import type { Ear, Speaker } from './ear.ts';
import type { LineProgress, ScanProgress } from './scan-progress.ts';
import type { LineSettings } from './scan-steps.ts';
import type { UnitProbe } from './unit-probe.ts';

export interface ScanTools {
  readonly plan: BusScanConfiguration;
  readonly progress: ScanProgress;
  readonly isStopped: () => boolean;
  readonly say: (finding: ScanFinding) => void;
  /** Works with something that is closed afterwards, at the latest when the scan is stopped. */
  readonly using: <C extends Closable, T>(opened: C, work: (opened: C) => Promise<T>) => Promise<T>;
}

export interface Closable {
  close(): Promise<void>;
}

type DeviceFinding = Extract<ScanFinding, { readonly finding: 'device' }>;

/** Where something may be found, and how a bus of the site file would speak with it there. */
export interface Place extends LineSettings {
  readonly path: string;
  readonly protocol: DeviceFinding['protocol'];
}

/** How the questions of one step ended; `over`: there is nothing more to learn on this line. */
export type Course = 'nobody' | 'found' | 'over';

const LOOK_EVERY_MS = 20;
/** Fewer bytes than any frame has are what a port says when it is switched on. */
const TRAFFIC_BYTES = RTU_SHORTEST_REPLY_BYTES;
/** One late reply is a slow device; bursts behind so many different questions are another master. */
export const STRAY_BURSTS_OF_A_MASTER = 3;
const NO_LINE: LineSettings = { baud: 0, parity: 'none', stopBits: 1 };

/** A place that no serial line of ours leads to. */
export function peerPlace(path: string, protocol: Place['protocol']): Place {
  return { path, protocol, ...NO_LINE };
}

export function isTraffic(bytes: number): boolean {
  return bytes >= TRAFFIC_BYTES;
}

/** Waits until it is so, the time is over, or the scan is stopped. */
export async function waitUntil(isSo: () => boolean, limitMs: number, tools: ScanTools): Promise<void> {
  const untilMs = monotonicMs() + limitMs;
  while (!tools.isStopped() && monotonicMs() < untilMs && !isSo()) await delay(LOOK_EVERY_MS);
}

export function giveUp(path: string, why: string, { isStopped, say }: ScanTools): Course {
  if (!isStopped()) say({ finding: 'port-unusable', path, why: why.slice(0, 300) });
  return 'over';
}

export function tell(place: Place, unit: number, probe: UnitProbe, { say }: ScanTools): void {
  const { protocol, path, baud, parity, stopBits } = place;
  const at = { path, baud, parity, stopBits, unit };
  if (probe.kind === 'garbled') say({ finding: 'garbled', ...at, why: probe.why.slice(0, 300) });
  if (probe.kind !== 'found') return;
  const detail = probe.detail.slice(0, 300);
  say({
    finding: 'device',
    protocol,
    ...at,
    identity: null,
    drivers: [...new Set(probe.drivers)].slice(0, 32),
    detail,
  });
}

/** Says who speaks by himself on this line; false when nobody was recognised. */
export function tellSpeakers(place: Place, ear: Ear, tools: ScanTools): boolean {
  for (const speaker of ear.speakers) tools.say(speakerFinding(place, speaker, ear.hearsOthers));
  return ear.speakers.length > 0;
}

function speakerFinding(place: Place, speaker: Speaker, hearsOthers: boolean): DeviceFinding {
  const { protocol, path, baud, parity, stopBits } = place;
  const { address, identity, drivers, frames } = speaker;
  const others = hearsOthers ? '; others talk on this line too' : '';
  return {
    finding: 'device',
    protocol,
    ...{ path, baud, parity, stopBits },
    unit: address,
    identity,
    drivers: drivers.slice(0, 32),
    detail: `speaks unasked: heard ${frames} whole frames, undamaged${others}`,
  };
}

export function tellProgress(progress: LineProgress, now: string, { say }: ScanTools): void {
  const told = progress.next(monotonicMs());
  if (told !== null) say({ finding: 'progress', ...told, now: now.slice(0, 200) });
}

export function textOf({ baud, parity, stopBits }: LineSettings): string {
  return `${baud} 8${parity === 'none' ? 'N' : parity === 'even' ? 'E' : 'O'}${stopBits}`;
}
