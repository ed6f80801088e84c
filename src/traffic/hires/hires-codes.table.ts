/**
 * Codes of the high-resolution log: Indiana Traffic Signal Hi Resolution Data Logger Enumerations, 2012, and
 * their revision of 2020 (pooled fund study TPF-5(377)). Only what an agent beside the controller can know: it
 * cannot tell a power failure from another end of its run, so between 182 and 184 it just did not run.
 */
export const HIRES_CODES = {
  /** Parameter of 81-88: the detector's number. */
  detectorOff: 81,
  detectorOn: 82,
  detectorRestored: 83,
  faultOther: 84,
  faultWatchdog: 85,
  faultOpenLoop: 86,
  faultShortedLoop: 87,
  faultExcessiveChange: 88,
  /** Parameter: the correction in whole seconds, forward positive. */
  clockUpdated: 181,
  /** Parameter: 1. Its moment is that of the last record before, so up to a flow interval too early. */
  powerFailure: 182,
  /** Parameter: 1. */
  powerRestored: 184,
} as const;

/** Which code a fault of a loop has; all others are `faultOther`. */
export const CODE_OF_FAULT: Readonly<Record<string, number>> = {
  'loop-watchdog': HIRES_CODES.faultWatchdog,
  'loop-open': HIRES_CODES.faultOpenLoop,
  'loop-short': HIRES_CODES.faultShortedLoop,
  'loop-excess-change': HIRES_CODES.faultExcessiveChange,
};
