import type { VehicleClass } from '../observations/observation.ts';

/** The groups that turning movements are counted in. */
export const CLASS_GROUPS = ['light', 'heavy', 'motorcycle', 'other'] as const;
export type ClassGroup = (typeof CLASS_GROUPS)[number];

/** What a detector tells reliably: light and heavy, and motorcycles. */
export const GROUP_OF_CLASS: Readonly<Record<VehicleClass, ClassGroup>> = {
  car: 'light',
  van: 'light',
  truck: 'heavy',
  bus: 'heavy',
  motorcycle: 'motorcycle',
  bicycle: 'other',
  person: 'other',
  unknown: 'other',
};
