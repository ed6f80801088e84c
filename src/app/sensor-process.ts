import { type Clock, monotonicMs } from '../base/clock.ts';
import { RoadsideError } from '../base/errors.ts';
import { type ChildDown, createChildProcess } from '../runtime/child-process.ts';
import type { Logger } from '../runtime/logger.ts';
import {
  CONTRACT_VERSION,
  type FromSensor,
  fromSensorSchema,
  type SensorConfiguration,
  type SensorHealth,
  type ToSensor,
} from '../sensors/contract.ts';
import type { Observation, SensorFault } from '../traffic/observations/observation.ts';
import type { ProcessOverview } from './overview.ts';

/** One sensor process under the contract: configured, started, watched, and restarted when it dies. */
export interface SensorProcess {
  overview(): ProcessOverview;
  stop(deadlineMs: number): Promise<void>;
}

export interface SensorProcessOptions {
  readonly file: string;
  readonly configuration: SensorConfiguration;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onObservations: (observations: readonly Observation[]) => void;
}

export function openSensorProcess(options: SensorProcessOptions): SensorProcess {
  const { configuration, logger, onObservations } = options;
  const name = configuration.kind;
  const log = logger.child(name);
  let phase: ProcessOverview['state'] = 'starting';
  let sensors: readonly SensorHealth[] = [];
  let lastWords = '';
  /** Faults that this child has open: the next one does not know of them and would never close them. */
  const openFaults = new Map<string, SensorFault>();

  const follow = (observations: readonly Observation[]): void => {
    for (const observation of observations) {
      if (observation.kind !== 'sensor-fault') continue;
      const key = `${observation.layer}/${observation.sensor}/${observation.code}`;
      if (observation.active) openFaults.set(key, observation);
      else openFaults.delete(key);
    }
  };
  const closeFaults = (): void => {
    const atMs = options.clock.monoMs();
    onObservations([...openFaults.values()].map((open) => ({ ...open, active: false, atMs })));
    openFaults.clear();
  };
  const fault = (active: boolean, detail: string): void =>
    onObservations([
      {
        kind: 'sensor-fault',
        sensor: name,
        layer: 'process',
        code: 'process-down',
        active,
        atMs: options.clock.monoMs(),
        detail: detail.slice(0, 500),
      },
    ]);

  const receive = (message: FromSensor): void => {
    switch (message.type) {
      case 'hello':
        child.send({ type: 'configure', configuration });
        return;
      case 'ready':
        phase = 'working';
        child.send({ type: 'start' });
        fault(false, '');
        return;
      case 'observations':
        follow(message.observations);
        onObservations(message.observations);
        return;
      case 'health':
        sensors = message.sensors;
        return;
      case 'fatal':
        lastWords = `${message.code}: ${message.message}`;
        log.error('sensor process gives up', {
          code: message.code,
          text: message.message,
          hint: message.hint,
        });
        return;
    }
  };

  const child = createChildProcess<ToSensor, FromSensor>({
    name,
    file: options.file,
    parse: parseMessage,
    politeStop: { type: 'stop' },
    onUp: () => {
      phase = 'starting';
      lastWords = '';
    },
    onValue: receive,
    onDown: (down: ChildDown) => {
      phase = 'down';
      sensors = [];
      closeFaults();
      fault(true, lastWords === '' ? down.detail : lastWords);
    },
    logger,
  });
  child.start();

  return {
    overview: () => ({
      process: name,
      state: child.state === 'stopped' ? 'stopped' : phase,
      pid: child.pid,
      restarts: Math.max(0, child.counters.starts - 1),
      sensors,
    }),
    stop: (deadlineMs) => child.stop(deadlineMs),
  };
}

/** What arrived from a sensor process, checked against the contract. */
export function parseMessage(raw: unknown): FromSensor {
  const message = fromSensorSchema.parse(raw);
  if (message.type === 'hello' && message.version !== CONTRACT_VERSION) {
    throw new RoadsideError(
      'process-protocol',
      `contract version ${message.version}, expected ${CONTRACT_VERSION}`,
      {
        hint: 'Gateway and sensor process are of different versions: reinstall roadside.',
      },
    );
  }
  return message;
}

/** A fault that the gateway itself sees before any sensor could. */
export function gatewayFault(fault: {
  sensor: string;
  layer: 'model';
  code: string;
  detail: string;
}): Observation {
  return { kind: 'sensor-fault', ...fault, active: true, atMs: monotonicMs() };
}
