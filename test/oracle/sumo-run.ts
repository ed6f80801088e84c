/** Runs SUMO on one scenario and reads what its detectors say. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectorsXml, edgesXml, nodesXml, routesXml } from './sumo-files.ts';
import type { TrafficScenario } from './sumo-scenarios.table.ts';

/** SUMO interpolates when a detector is reached within a step. */
export const STEP_S = 0.05;

/** What a point in the road sees of one vehicle. */
export interface PointSighting {
  /** `entry-1-near`: loop, lane, edge of the loop. */
  readonly point: string;
  readonly atS: number;
  readonly state: 'enter' | 'stay' | 'leave';
  readonly vehicle: string;
  /** False for a `leave` by a lane change. */
  readonly byMotion: boolean;
}

/** One interval of one E1 detector. Speeds in m/s, null where no vehicle contributed. */
export interface E1Interval {
  /** `entry-1-60`: place, lane, width in seconds. */
  readonly detector: string;
  readonly beginS: number;
  readonly contributed: number;
  readonly occupancyPct: number;
  readonly harmonicSpeedMs: number | null;
}

export interface SumoOutput {
  readonly sightings: readonly PointSighting[];
  readonly intervals: readonly E1Interval[];
}

/** The first line of `sumo --version`, or null where it is not installed. */
export function sumoVersion(): string | null {
  const asked = spawnSync('sumo', ['--version'], { encoding: 'utf8' });
  return asked.status === 0 ? (asked.stdout.split('\n')[0] ?? '') : null;
}

export function runSumo(scenario: TrafficScenario, endS: number): SumoOutput {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-sumo-'));
  try {
    const files = {
      'nodes.xml': nodesXml(scenario),
      'edges.xml': edgesXml(scenario),
      'routes.xml': routesXml(scenario),
      'detectors.xml': detectorsXml(scenario),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    run('netconvert', ['-n', 'nodes.xml', '-e', 'edges.xml', '-o', 'net.xml'], folder);
    const inputs = ['-n', 'net.xml', '-r', 'routes.xml', '-a', 'detectors.xml'];
    const timing = ['--step-length', String(STEP_S), '--end', String(endS), '--seed', String(scenario.seed)];
    const quiet = ['--no-step-log', 'true', '--xml-validation', 'never', '--no-warnings', 'true'];
    run('sumo', [...inputs, ...timing, '--precision', '6', '--time-to-teleport', '-1', ...quiet], folder);
    return {
      sightings: elements(readFileSync(join(folder, 'points.xml'), 'utf8'), 'instantOut').map(sightingOf),
      intervals: elements(readFileSync(join(folder, 'e1.xml'), 'utf8'), 'interval').map(intervalOf),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], cwd: string): void {
  execFileSync(program, args, {
    cwd,
    env: { ...process.env, SUMO_HOME: process.env['SUMO_HOME'] ?? '/usr/share/sumo' },
    stdio: 'pipe',
  });
}

type Attributes = ReadonlyMap<string, string>;

/** The attributes of every element of that name: SUMO writes one element a line. */
function elements(xml: string, name: string): readonly Attributes[] {
  const lines = xml.split('\n').filter((line) => line.trimStart().startsWith(`<${name} `));
  return lines.map(
    (line) => new Map([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value])),
  );
}

function sightingOf(attributes: Attributes): PointSighting {
  return {
    point: text(attributes, 'id'),
    atS: number(attributes, 'time'),
    state: stateOf(text(attributes, 'state')),
    vehicle: text(attributes, 'vehID'),
    byMotion: attributes.has('occupancy'),
  };
}

function stateOf(state: string): PointSighting['state'] {
  if (state === 'enter' || state === 'stay' || state === 'leave') return state;
  throw new RangeError(`a point sees a vehicle ${state}`);
}

function intervalOf(attributes: Attributes): E1Interval {
  const speedMs = number(attributes, 'harmonicMeanSpeed');
  return {
    detector: text(attributes, 'id'),
    beginS: number(attributes, 'begin'),
    contributed: number(attributes, 'nVehContrib'),
    occupancyPct: number(attributes, 'occupancy'),
    harmonicSpeedMs: speedMs < 0 ? null : speedMs,
  };
}

function text(attributes: Attributes, name: string): string {
  const value = attributes.get(name);
  if (value === undefined) throw new RangeError(`SUMO wrote an element without ${name}`);
  return value;
}

function number(attributes: Attributes, name: string): number {
  const value = Number(text(attributes, name));
  if (!Number.isFinite(value)) throw new RangeError(`SUMO wrote no number for ${name}`);
  return value;
}
