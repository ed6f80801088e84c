import { RoadsideError } from '../base/errors.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import {
  CONTRACT_VERSION,
  type EvidenceRequest,
  type FromSensor,
  HEARTBEAT_EVERY_MS,
  OBSERVATIONS_PER_MESSAGE,
  type ScanFinding,
  type SensorConfiguration,
  type SensorHealth,
  toSensorSchema,
} from './contract.ts';

/** A child that was told to leave is gone after this, whatever its devices do. */
const LEAVE_WITHIN_MS = 4000;

/** The child's end of the protocol in contract.ts. */
export interface ProcessLink {
  /** Claims observations; bursts are split into messages of the contract's size. */
  observe(observations: readonly Observation[]): void;
  /** Says what a scan of the buses has found. */
  find(finding: ScanFinding): void;
  /** Says why this process cannot go on, and leaves; the gateway starts another. */
  fail(error: unknown): void;
}

type ProcessName = 'fieldbus' | 'vision';

/** What each process can be configured for. */
const KINDS: Readonly<Record<ProcessName, readonly SensorConfiguration['kind'][]>> = {
  fieldbus: ['fieldbus', 'bus-scan'],
  vision: ['vision'],
};

/** What a sensor process does at each step of the protocol. */
export interface SensorProgram<C extends SensorConfiguration> {
  readonly process: ProcessName;
  /** Acquires what the configuration names. One unreachable device is a fault observation, never a throw. */
  configure(configuration: C, link: ProcessLink): Promise<void>;
  start(): void;
  /** Keeps the picture and the clip of an incident; only a process with cameras can. */
  keepEvidence?(request: EvidenceRequest): void;
  stop(): Promise<void>;
  /** Read once each heartbeat. */
  health(): readonly SensorHealth[];
}

/** The channel to the gateway: `process` in service, two ends of a pair in tests. */
export interface ParentChannel {
  send(message: FromSensor): void;
  onMessage(listener: (message: unknown) => void): void;
  onDisconnect(listener: () => void): void;
  exit(code: number): void;
}

/** The IPC channel that child_process.fork gives. */
export function parentChannel(): ParentChannel {
  return {
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', listener),
    onDisconnect: (listener) => void process.on('disconnect', listener),
    exit: (code) => process.exit(code),
  };
}

/** Runs a sensor program under the gateway's protocol until it is stopped or the gateway is gone. */
export function runSensorProgram<C extends SensorConfiguration>(
  program: SensorProgram<C>,
  channel: ParentChannel = parentChannel(),
): void {
  const link: ProcessLink = {
    observe(observations) {
      for (let from = 0; from < observations.length; from += OBSERVATIONS_PER_MESSAGE) {
        channel.send({
          type: 'observations',
          observations: observations.slice(from, from + OBSERVATIONS_PER_MESSAGE),
        });
      }
    },
    find: (finding) => channel.send({ type: 'finding', finding }),
    fail: (error) => fail(error),
  };
  const heartbeat = setInterval(() => {
    channel.send({ type: 'health', sensors: program.health() });
  }, HEARTBEAT_EVERY_MS);

  let leaving = false;
  const leave = async (code: number): Promise<void> => {
    if (leaving) return;
    leaving = true;
    clearInterval(heartbeat);
    // A stop that hangs must not leave an orphan behind a gateway that is gone.
    setTimeout(() => channel.exit(code), LEAVE_WITHIN_MS);
    await program.stop().catch(() => undefined);
    channel.exit(code);
  };
  const fail = (error: unknown): void => {
    const known = error instanceof RoadsideError;
    channel.send({
      type: 'fatal',
      code: known ? error.code : 'process-protocol',
      message: error instanceof Error ? error.message.slice(0, 1000) : String(error).slice(0, 1000),
      hint: known ? error.hint : 'Report this with the log of the minutes before it.',
    });
    void leave(1);
  };

  channel.onDisconnect(() => void leave(0));
  channel.onMessage((raw) => {
    const parsed = toSensorSchema.safeParse(raw);
    if (!parsed.success) {
      fail(
        new RoadsideError(
          'process-protocol',
          `gateway sent what the contract does not allow: ${parsed.error.message}`,
          {
            hint: 'Gateway and sensor process are of different versions: reinstall roadside.',
          },
        ),
      );
      return;
    }
    const message = parsed.data;
    switch (message.type) {
      case 'configure':
        if (!KINDS[program.process].includes(message.configuration.kind)) {
          fail(
            new RoadsideError(
              'process-protocol',
              `a ${program.process} process was given a ${message.configuration.kind} configuration`,
              {
                hint: 'Reinstall roadside.',
              },
            ),
          );
          return;
        }
        // Inside a promise, so that what is thrown at once is told like what is thrown later.
        new Promise<void>((resolve) => resolve(program.configure(message.configuration as C, link))).then(
          () => channel.send({ type: 'ready' }),
          fail,
        );
        return;
      case 'start':
        program.start();
        return;
      case 'keep-evidence': {
        const { type: _type, ...request } = message;
        program.keepEvidence?.(request);
        return;
      }
      case 'stop':
        void leave(0);
        return;
    }
  });
  channel.send({ type: 'hello', version: CONTRACT_VERSION, process: program.process });
}
