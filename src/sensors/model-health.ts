import { monotonicMs } from '../base/clock.ts';
import { messageOf, RoadsideError } from '../base/errors.ts';
import type { SensorHealth } from './contract.ts';
import type { ProcessLink } from './process-link.ts';
import type { ModelPlan } from './vision/detector-session.ts';
import { type PrecisionReport, precisionFigures } from './vision/precision.ts';

/** Whether the detector works, as a fault and in the figures. */
export interface ModelHealth {
  /** Which weights were chosen, and why. */
  opened(report: PrecisionReport): void;
  /** What the detector threw, or null after it has worked. */
  report(error: unknown): void;
  health(): SensorHealth;
}

/** Opens one fault while the detector does not work, and closes it when it does. */
export function createModelHealth(
  plan: Pick<ModelPlan, 'id'>,
  link: Pick<ProcessLink, 'observe'>,
): ModelHealth {
  let fault: { readonly code: string; readonly detail: string } | null = null;
  let working = false;
  let chosen: PrecisionReport | null = null;
  const claim = (claimed: { readonly code: string; readonly detail: string }, active: boolean): void => {
    const atMs = monotonicMs();
    link.observe([{ kind: 'sensor-fault', sensor: plan.id, layer: 'model', ...claimed, active, atMs }]);
  };
  return {
    opened(report) {
      chosen = report;
    },
    report(error) {
      if (error === null) {
        working = true;
        if (fault !== null) claim(fault, false);
        fault = null;
        return;
      }
      working = false;
      if (fault !== null) return;
      fault = describeFailure(error);
      claim(fault, true);
    },
    health() {
      const state = fault !== null ? 'failing' : working ? 'working' : 'starting';
      const figures = chosen === null ? {} : precisionFigures(chosen);
      return { sensor: plan.id, state, figures, note: (fault?.detail ?? chosen?.note ?? '').slice(0, 300) };
    },
  };
}

function describeFailure(error: unknown): { readonly code: string; readonly detail: string } {
  const known = error instanceof RoadsideError ? error : null;
  const detail = `${messageOf(error)}. ${known?.hint ?? ''}`.slice(0, 500);
  return { code: known?.code ?? 'model-invalid', detail };
}
