/**
 * The train of frames that one statistics poll of an RTMS G4 is answered with: header, one frame per figure
 * with a value for each zone, footer. Layout and invalid markers: IRIS (github mnit-rtmc/iris), comm/g4,
 * StatProperty; what the flags mean to a technician: RTMS G4 user manual, 3-58.
 */
import { roundOrNull } from '../../../base/units.ts';
import { type G4Frame, QUALIFIER } from './rtms-g4-frames.ts';

export interface G4Statistics {
  readonly number: number;
  /** End of the interval by the sensor's clock, UTC, ms since 1970; null when it is no date. */
  readonly endWallMs: number | null;
  readonly periodS: number;
  readonly supplyV: number;
  readonly health: number;
  readonly zones: readonly G4Zone[];
}

export interface G4Zone {
  readonly count: number | null;
  readonly occupancyPct: number | null;
  readonly speedKmh: number | null;
  readonly speed85Kmh: number | null;
  readonly gapS: number | null;
  readonly headwayS: number | null;
  readonly classCounts: Readonly<Record<string, number>> | null;
}

const HEADER_BYTES = 22;
const LARGEST_COUNT = 0xfe00;
const LARGEST_OCCUPANCY = 1000;
const LARGEST_SPEED = 200;
const LARGEST_GAP = 36_000;
const MOST_ZONES = 12;
const KMH_PER_MPH = 1.609344;
const FLAG_MPH = 0x01;

/** Frames that the composition byte announces beside count, occupancy and speed. */
const ANNOUNCED = [
  { flag: 0x80, qualifier: QUALIFIER.gap },
  { flag: 0x40, qualifier: QUALIFIER.headway },
  { flag: 0x04, qualifier: QUALIFIER.speed85 },
] as const;
/** One bit for each class frame: one of two classes, three of four, five of six are told, C0 is what remains. */
const CLASS_FLAGS = [0x20, 0x10, 0x08, 0x02, 0x01] as const;
const ALWAYS = [QUALIFIER.count, QUALIFIER.occupancy, QUALIFIER.speed] as const;

/** The sensor's own names of C1 to C5; what is in none of them is small (C0). */
const CLASS_NAMES = ['regular', 'medium', 'large', 'truck', 'extra-large'];
const SMALL = 'small';

export type TrainStep =
  | { readonly kind: 'more' }
  | { readonly kind: 'complete'; readonly statistics: G4Statistics }
  | { readonly kind: 'damaged'; readonly why: string };

export interface StatisticsTrain {
  couple(frame: G4Frame): TrainStep;
  forget(): void;
}

/**
 * A train is taken whole or not at all: the sum of a frame does not cover what kind of frame it is. No source
 * tells their order, but a sensor keeps to it; frames that stand in another order than before are a frame of an
 * earlier train that the line delivered late, or one whose kind is damaged.
 */
export function createStatisticsTrain(): StatisticsTrain {
  let header: Uint8Array | null = null;
  let usualOrder = '';
  const tables = new Map<number, readonly number[]>();
  const isInUsualOrder = (): boolean => {
    const order = [...tables.keys()].join(' ');
    const isUsual = usualOrder === '' || order === usualOrder;
    usualOrder = order;
    return isUsual;
  };
  const derail = (why: string): TrainStep => {
    header = null;
    return { kind: 'damaged', why };
  };

  return {
    couple({ qualifier, data }) {
      if (qualifier === QUALIFIER.header) {
        const isWhole = data.length === HEADER_BYTES && zonesOf(data) >= 1 && zonesOf(data) <= MOST_ZONES;
        if (!isWhole) return derail('a statistics header makes no sense');
        header = data;
        tables.clear();
        return { kind: 'more' };
      }
      // The head of this train was lost: nobody can tell which interval it is of.
      if (header === null) return { kind: 'more' };
      if (qualifier === QUALIFIER.footer) {
        const statistics = data.length === 1 && data[0] === header[0] ? uncouple(header, tables) : null;
        header = null;
        return statistics === null || !isInUsualOrder()
          ? { kind: 'damaged', why: 'the frames of a statistics train do not belong together' }
          : { kind: 'complete', statistics };
      }
      if (!isTable(qualifier)) return { kind: 'more' };
      if (data.length !== zonesOf(header) * 2 || tables.has(qualifier))
        return derail('a statistics frame is not in place');
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      tables.set(
        qualifier,
        Array.from({ length: data.length / 2 }, (_, zone) => view.getUint16(zone * 2)),
      );
      return { kind: 'more' };
    },
    forget() {
      header = null;
    },
  };
}

function isTable(qualifier: number): boolean {
  const isFigure = qualifier >= QUALIFIER.count && qualifier <= QUALIFIER.lastClass;
  return isFigure || qualifier === QUALIFIER.headway || qualifier === QUALIFIER.speed85;
}

/** The low four bits; bit 6 tells how the sensor is mounted. */
function zonesOf(header: Uint8Array): number {
  return (header[11] ?? 0) & 0x0f;
}

function uncouple(header: Uint8Array, tables: ReadonlyMap<number, readonly number[]>): G4Statistics | null {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const composition = view.getUint8(12);
  const announced = ANNOUNCED.filter(({ flag }) => (composition & flag) !== 0).map((it) => it.qualifier);
  const optional = ANNOUNCED.map((it) => it.qualifier).filter((it) => !announced.includes(it));
  const classFrames = CLASS_NAMES.filter((_, index) => tables.has(QUALIFIER.firstClass + index)).length;
  const isAsAnnounced =
    [...ALWAYS, ...announced].every((it) => tables.has(it)) &&
    !optional.some((it) => tables.has(it)) &&
    classFrames === CLASS_FLAGS.filter((flag) => (composition & flag) !== 0).length;
  if (!isAsAnnounced) return null;
  const kmhPerUnit = (view.getUint8(3) & FLAG_MPH) === 0 ? 1 : KMH_PER_MPH;
  const zones = Array.from({ length: zonesOf(header) }, (_, zone) => zoneOf(tables, zone, kmhPerUnit));
  if (zones.includes(null)) return null;
  return {
    number: view.getUint8(0),
    endWallMs: decodeStamp(header.subarray(4, 11)),
    periodS: view.getUint16(13),
    supplyV: view.getUint8(15) / 10,
    health: view.getUint8(16),
    zones: zones.filter((zone) => zone !== null),
  };
}

/** Null when the zone's figures contradict each other. */
function zoneOf(
  tables: ReadonlyMap<number, readonly number[]>,
  zone: number,
  kmhPerUnit: number,
): G4Zone | null {
  const figure = (qualifier: number, largest: number): number | null => {
    const value = tables.get(qualifier)?.[zone];
    return value === undefined || value > largest ? null : value;
  };
  const count = figure(QUALIFIER.count, LARGEST_COUNT);
  const classes = CLASS_NAMES.flatMap((name, index) => {
    const vehicles = figure(QUALIFIER.firstClass + index, LARGEST_COUNT);
    return vehicles === null ? [] : [[name, vehicles] as const];
  });
  const inClasses = classes.reduce((sum, [, vehicles]) => sum + vehicles, 0);
  if (count !== null && inClasses > count) return null;
  const occupancy = figure(QUALIFIER.occupancy, LARGEST_OCCUPANCY);
  // Without a vehicle there is no mean of anything.
  const mean = (qualifier: number, largest: number, unit: number): number | null => {
    const value = count === 0 ? null : figure(qualifier, largest);
    return roundOrNull(value === null ? null : value * unit, 2);
  };
  const gapS = mean(QUALIFIER.gap, LARGEST_GAP, 0.1);
  const headwayS = mean(QUALIFIER.headway, LARGEST_GAP, 0.1);
  // A headway is a gap and a vehicle.
  if (gapS !== null && headwayS !== null && gapS > headwayS) return null;
  return {
    count,
    occupancyPct: occupancy === null ? null : occupancy / 10,
    speedKmh: mean(QUALIFIER.speed, LARGEST_SPEED, kmhPerUnit),
    speed85Kmh: mean(QUALIFIER.speed85, LARGEST_SPEED, kmhPerUnit),
    gapS,
    headwayS,
    classCounts:
      count === null || classes.length === 0
        ? null
        : Object.fromEntries([[SMALL, count - inClasses], ...classes]),
  };
}

/** Seven BCD bytes: second, minute, hour, day of week, day, month, year of the century; UTC. */
export function decodeStamp(bytes: Uint8Array): number | null {
  const [second, minute, hour, , day, month, year] = Array.from(bytes, decodeBcd);
  const parts = [second, minute, hour, day, month, year];
  if (second === undefined || minute === undefined || hour === undefined) return null;
  if (day === undefined || month === undefined || year === undefined) return null;
  if (parts.some(Number.isNaN)) return null;
  const isTime =
    second < 60 && minute < 60 && hour < 24 && day >= 1 && day <= 31 && month >= 1 && month <= 12;
  return isTime ? Date.UTC(2000 + year, month - 1, day, hour, minute, second) : null;
}

function decodeBcd(byte: number): number {
  const [tens, ones] = [byte >> 4, byte & 0x0f];
  return tens > 9 || ones > 9 ? Number.NaN : tens * 10 + ones;
}
