/** The gateway's end of the protocol with a real fieldbus process, which it forks. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  type FieldbusConfiguration,
  fromSensorSchema,
  type SensorHealth,
  type ToSensor,
} from '../../src/sensors/contract.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';

const PROGRAM = fileURLToPath(new URL('../../src/processes/fieldbus.ts', import.meta.url));
const WAIT_LIMIT_MS = 30_000;

export interface FieldbusUnderTest {
  readonly pid: number;
  readonly observations: readonly Observation[];
  readonly health: readonly SensorHealth[];
  readonly fatal: string | null;
  readonly exited: Promise<number | null>;
  /** The first observation from `after` on that matches; rejects when none comes. */
  until<T extends Observation>(
    matches: (observation: Observation) => observation is T,
    options?: { readonly after?: number },
  ): Promise<T>;
  stop(): Promise<number | null>;
}

/** Forks the process, configures and starts it. Everything it says is checked against the contract. */
export async function runFieldbus(
  buses: FieldbusConfiguration['buses'],
  options: { readonly realTime?: boolean } = {},
): Promise<FieldbusUnderTest> {
  const child = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const observations: Observation[] = [];
  const wakers = new Set<() => void>();
  const seen = { hello: false, ready: false, health: [] as readonly SensorHealth[], fatal: '' };
  child.on('message', (raw) => {
    const message = fromSensorSchema.parse(raw);
    if (message.type === 'hello') seen.hello = true;
    if (message.type === 'ready') seen.ready = true;
    if (message.type === 'health') seen.health = message.sensors;
    if (message.type === 'fatal') seen.fatal = `${message.code}: ${message.message}`;
    if (message.type === 'observations') observations.push(...message.observations);
    for (const wake of wakers) wake();
  });
  const exited = exitOf(child);
  const say = (message: ToSensor): void => void child.send(message);
  const waitFor = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(limit);
        wakers.delete(check);
        resolve(found);
      };
      const limit = setTimeout(() => {
        wakers.delete(check);
        reject(
          new Error(`not observed in ${WAIT_LIMIT_MS} ms; last: ${JSON.stringify(observations.slice(-5))}`),
        );
      }, WAIT_LIMIT_MS);
      wakers.add(check);
      check();
    });

  await waitFor(() => (seen.hello ? true : undefined));
  say({ type: 'configure', configuration: { kind: 'fieldbus', realTime: options.realTime ?? false, buses } });
  await waitFor(() => (seen.ready || seen.fatal !== '' ? true : undefined));
  if (seen.ready) say({ type: 'start' });
  return {
    pid: child.pid ?? 0,
    observations,
    get health() {
      return seen.health;
    },
    get fatal() {
      return seen.fatal === '' ? null : seen.fatal;
    },
    exited,
    until(matches, options) {
      let at = options?.after ?? 0;
      return waitFor(() => {
        for (; at < observations.length; at += 1) {
          const observation = observations[at];
          if (observation !== undefined && matches(observation)) return observation;
        }
        return undefined;
      });
    },
    stop() {
      if (child.connected) say({ type: 'stop' });
      return exited;
    },
  };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : null;
}
