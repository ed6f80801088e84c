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
  /** There is no detector, and nothing will be looked at. */
  refused(error: unknown): void;
  /** What the detector threw at a camera's picture. */
  failed(camera: string, error: unknown): void;
  /** The detector has looked at a camera's picture. */
  worked(camera: string): void;
  health(): SensorHealth;
}

/** A camera that has sent nothing to look at for so long is gone, for this; its own fault says so. */
const GONE_AFTER_MS = 30_000;

/**
 * Opens one fault while the detector does not work, and closes it when it does. Cameras ask for pictures of different
 * size, and the detector may fail at one size only: so the fault lasts until it has worked for each camera that it
 * failed for, except those that are gone.
 */
export function createModelHealth(
  plan: Pick<ModelPlan, 'id'>,
  link: Pick<ProcessLink, 'observe'>,
  monoMs: () => number = monotonicMs,
): ModelHealth {
  let fault: { readonly code: string; readonly detail: string } | null = null;
  let working = false;
  let chosen: PrecisionReport | null = null;
  /** Cameras whose last picture failed, and when. */
  const failedAtMs = new Map<string, number>();
  const claim = (claimed: { readonly code: string; readonly detail: string }, active: boolean): void => {
    const atMs = monoMs();
    link.observe([{ kind: 'sensor-fault', sensor: plan.id, layer: 'model', ...claimed, active, atMs }]);
  };
  const open = (failure: { readonly code: string; readonly detail: string }): void => {
    if (fault !== null) return;
    fault = failure;
    claim(fault, true);
  };
  return {
    opened(report) {
      chosen = report;
    },
    refused(error) {
      open(describeFailure(error));
    },
    failed(camera, error) {
      failedAtMs.set(camera, monoMs());
      const { code, detail } = describeFailure(error);
      open({ code, detail: `camera ${camera}: ${detail}`.slice(0, DETAIL_LIMIT_CHARS) });
    },
    worked(camera) {
      working = true;
      if (fault === null) return;
      failedAtMs.delete(camera);
      const goneBeforeMs = monoMs() - GONE_AFTER_MS;
      if ([...failedAtMs.values()].some((atMs) => atMs >= goneBeforeMs)) return;
      failedAtMs.clear();
      claim(fault, false);
      fault = null;
    },
    health() {
      const state = fault !== null ? 'failing' : working ? 'working' : 'starting';
      const figures = chosen === null ? {} : precisionFigures(chosen);
      return { sensor: plan.id, state, figures, note: (fault?.detail ?? chosen?.note ?? '').slice(0, 300) };
    },
  };
}

/** What the contract allows. */
const DETAIL_LIMIT_CHARS = 500;

function describeFailure(error: unknown): { readonly code: string; readonly detail: string } {
  const known = error instanceof RoadsideError ? error : null;
  const detail = `${messageOf(error)}. ${known?.hint ?? ''}`.slice(0, DETAIL_LIMIT_CHARS);
  return { code: known?.code ?? 'model-invalid', detail };
}
