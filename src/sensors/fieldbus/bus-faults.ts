/**
 * Who is to blame: the port, or a device. A fault is said on the lowest layer that explains what was seen, so
 * that one broken wire is one fault and not one for each device behind it. Reads no clock.
 */
import type { SensorFault } from '../../traffic/observations/observation.ts';
import { type DeviceWatch, FAILURES_BEFORE_FAULT, type Silence } from './device-watch.ts';
import type { LineChange } from './line-keeper.ts';
import type { AskOutcome, AskPlace } from './polled-bus.ts';

/** A line that opens and is lost so often without one reply is a fault too, though every opening succeeds. */
export const LOSSES_BEFORE_FAULT = 3;

type PortFaultCode = 'unreachable' | 'all-silent';

export interface BusFaults {
  readonly isUnreachable: boolean;
  readonly isAllSilent: boolean;
  onLineChange(change: LineChange, atMs: number): readonly SensorFault[];
  judge(place: AskPlace, outcome: AskOutcome, atMs: number): readonly SensorFault[];
}

export interface BusFaultsOptions {
  readonly bus: string;
  readonly watches: readonly DeviceWatch[];
  /** What to check when every device is silent; null where each has a wire of its own. */
  readonly silenceAdvice: string | null;
  /** The bus works again after a fault of the port: nobody is to wait for what was held against it. */
  readonly onRecovery: (atMs: number) => void;
}

const NO_FAULTS: readonly SensorFault[] = [];

export function createBusFaults(options: BusFaultsOptions): BusFaults {
  const { watches, silenceAdvice } = options;
  /** What was last said; null: nothing yet, so that a fault of an earlier run may be open. */
  const told: Record<PortFaultCode, boolean | null> = { unreachable: null, 'all-silent': null };
  let losses = 0;
  /** A device's fault is held back until more is known about its neighbours. */
  let isHolding = false;

  const say = (
    code: PortFaultCode,
    active: boolean,
    at: { readonly atMs: number; readonly detail: string },
  ): readonly SensorFault[] => {
    if (told[code] === active) return NO_FAULTS;
    told[code] = active;
    const detail = at.detail.slice(0, 500);
    return [
      { kind: 'sensor-fault', sensor: options.bus, layer: 'port', code, active, atMs: at.atMs, detail },
    ];
  };
  const isEvery = (failures: number): boolean =>
    silenceAdvice !== null && watches.length >= 2 && watches.every((watch) => watch.silentInRow >= failures);
  const afterSilence = (atMs: number): readonly SensorFault[] => {
    const silence: Silence = isEvery(FAILURES_BEFORE_FAULT) ? 'hush' : isEvery(1) ? 'hold' : 'open';
    isHolding = silence !== 'open';
    const detail = `none of ${watches.length} devices answers; ${silenceAdvice}`;
    return [
      ...(silence === 'hush' ? say('all-silent', true, { atMs, detail }) : []),
      ...watches.flatMap((watch) => watch.changes(silence, atMs)),
    ];
  };
  const afterLife = (device: number, atMs: number): readonly SensorFault[] => {
    if (told['all-silent'] === false && !isHolding) return watches[device]?.changes('open', atMs) ?? [];
    if (told['all-silent'] === true) {
      for (const watch of watches) watch.forgive();
      options.onRecovery(atMs);
    }
    isHolding = false;
    return [
      ...say('all-silent', false, { atMs, detail: 'devices answer' }),
      ...watches.flatMap((watch) => watch.changes('open', atMs)),
    ];
  };

  return {
    get isUnreachable() {
      return told.unreachable === true;
    },
    get isAllSilent() {
      return told['all-silent'] === true;
    },
    onLineChange(change, atMs) {
      if (change.kind === 'open') {
        if (told.unreachable === true) options.onRecovery(atMs);
        return NO_FAULTS;
      }
      if (change.kind === 'lost') losses += 1;
      if (change.kind !== 'unreachable' && losses < LOSSES_BEFORE_FAULT) return NO_FAULTS;
      const why = { atMs, detail: change.why };
      return [
        ...(told['all-silent'] === true ? say('all-silent', false, why) : []),
        ...say('unreachable', true, why),
      ];
    },
    judge(place, outcome, atMs) {
      watches[place.device]?.judge(place.ask, outcome);
      if (outcome.kind === 'closed') return NO_FAULTS;
      if (outcome.kind !== 'timeout') losses = 0;
      const isSilent = outcome.kind === 'timeout' || outcome.kind === 'corrupt';
      const ofDevices = isSilent ? afterSilence(atMs) : afterLife(place.device, atMs);
      // Whatever the device said or failed to say, it was asked: the port works.
      if (told.unreachable === false || losses >= LOSSES_BEFORE_FAULT) return ofDevices;
      return [...say('unreachable', false, { atMs, detail: 'works' }), ...ofDevices];
    },
  };
}
