/**
 * Codes of the high-resolution log: Indiana Traffic Signal Hi Resolution Data Logger Enumerations, 2012, and
 * their revision of 2020 (pooled fund study TPF-5(377)). Only what an agent beside the controller can know.
 * 182 (power failure) is not among them: whoever has no power writes nothing.
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
