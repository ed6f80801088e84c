import { assertNever } from '../base/assert-never.ts';
import { type Clock, monotonicMs } from '../base/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { EvidenceRequest, SensorConfiguration, SensorHealth } from '../sensors/contract.ts';
import type { Observation, SensorFault } from '../traffic/observations/observation.ts';
import type { ProcessOverview } from './overview.ts';
import { createSensorChild, type SensorReport } from './sensor-child.ts';

/** One sensor process under the contract: configured, started, watched, and restarted when it dies. */
export interface SensorProcess {
  overview(): ProcessOverview;
  /** False when it has no cameras, or cannot be told now because it is down or does not read. */
  keepEvidence(request: EvidenceRequest): boolean;
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
  /**
   * Faults that a vision process has open: the next one does not know of them and would never close them. A
   * fieldbus process says at each first success what is over: its faults outlive it under their ids.
   */
  const openFaults = new Map<string, SensorFault>();

  const follow = (observations: readonly Observation[]): void => {
    if (configuration.kind === 'fieldbus') return;
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

  const receive = (report: SensorReport): void => {
    switch (report.type) {
      case 'observations':
        follow(report.observations);
        onObservations(report.observations);
        return;
      case 'health':
        sensors = report.sensors;
        return;
      case 'finding':
        return;
      default:
        assertNever(report);
    }
  };

  const child = createSensorChild({
    name,
    file: options.file,
    configuration,
    logger,
    onUp() {
      phase = 'starting';
    },
    onStarted() {
      phase = 'working';
      fault(false, '');
    },
    onReport: receive,
    onFatal: ({ code, message: text, hint }) => log.error('sensor process gives up', { code, text, hint }),
    onDown(why) {
      phase = 'down';
      sensors = [];
      closeFaults();
      fault(true, why);
    },
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
    keepEvidence: (request) =>
      name === 'vision' && phase === 'working' && child.send({ type: 'keep-evidence', ...request }),
    stop: (deadlineMs) => child.stop(deadlineMs),
  };
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
