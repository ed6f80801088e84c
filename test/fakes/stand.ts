/** What a stand of simulated devices is to the site file, to the road and to the test. */
import type { Overview } from '../../src/app/overview.ts';
import { type RoadLine, SPACING_M, type StreetLane } from './street.ts';

/** The devices of one bus, with the lanes that drive over them. Its name is that of its bus and of its approach. */
export interface Stand {
  readonly name: string;
  /** As in a site file, without `id`. */
  readonly bus: object;
  readonly lanes: readonly StandLane[];
  /** Whether all its devices have been read, so that nothing that drives now is missed. */
  isRead(overview: Overview): boolean;
  close(): Promise<unknown>;
}

export type StandLane = Pick<StreetLane, 'entry' | 'exit'>;

export const LINE = { baud: 9600, parity: 'none', stopBits: 1 } as const;
/** Answers after which a device counts as read: the first ones only tell where its counts begin. */
export const ANSWERS = 3;

export function loopName(name: string, lane: number, line: 'entry' | 'exit' = 'entry'): string {
  return `${name}-${lane}${line === 'entry' ? 'a' : 'b'}`;
}

export function laneName(name: string, index: number): string {
  return `${name}-${index + 1}`;
}

/** A lane with one detector. */
export function overOne(entry: RoadLine): StandLane {
  return { entry, exit: null };
}

/** The approach of a stand, as in a site file. */
export function approachOf({ name, lanes }: Stand): object {
  return {
    id: name,
    name,
    lanes: lanes.map(({ exit }, index) => {
      const number = index + 1;
      const entry = loopName(name, number);
      const loops = exit === null ? [entry] : [entry, loopName(name, number, 'exit')];
      return { number, station: { loops, ...(exit === null ? {} : { spacingM: SPACING_M }) } };
    }),
  };
}
