/** The same road as a technician would write it down, loaded through the catalog like any site. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { expandReads, type Read } from '../../src/catalog/derive/reads.ts';
import { deriveSiteDefinition } from '../../src/catalog/derive/site-definition.ts';
import { loadSite } from '../../src/catalog/load/load-site.ts';
import { shippedFolders } from '../../src/catalog/shipped.ts';
import type { LoopDefinition, SiteDefinition } from '../../src/traffic/site-definition.ts';
import { LANES, LOOP_LENGTH_M, SPACING_M, WIDTHS_S } from './sumo-files.ts';

export const CARD = 'card-1';

export interface CabinetSite {
  readonly definition: SiteDefinition;
  /** The loop on each input of the card, input 1 first. */
  readonly wiring: readonly string[];
  readonly reads: readonly Read[];
}

export interface CabinetWish {
  readonly pollMs: number;
  readonly stations: 'dual' | 'single';
  /** `stop-line`: vehicles wait on the loops. */
  readonly kind: 'through' | 'stop-line';
  /** What the technician measured; the road has SPACING_M. */
  readonly spacingM?: number;
}

export async function loadCabinet(wish: CabinetWish): Promise<CabinetSite> {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-oracle-'));
  try {
    const file = join(folder, 'site.yaml');
    writeFileSync(file, stringify(siteFile(wish)));
    const loaded = await loadSite(file, shippedFolders);
    const driver = loaded.drivers.get('generic-di16');
    if (driver?.protocol !== 'modbus') throw new RangeError('the driver was not loaded');
    const wiring = wiringOf(wish);
    return {
      definition: deriveSiteDefinition(loaded),
      wiring,
      reads: expandReads({ driver, loops: wiring, pollMs: wish.pollMs, invert: false }),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same site with a card that stamps its edges itself. */
export function withStampedEdges(site: CabinetSite): CabinetSite {
  const stamped = (loop: LoopDefinition): LoopDefinition => ({
    ...loop,
    evidence: { kind: 'stamped-edges', resolutionMs: 1 },
  });
  const lanes = site.definition.lanes.map((lane) => {
    if (lane.station === null) return lane;
    const { entry, exit } = lane.station;
    const station = { ...lane.station, entry: stamped(entry), exit: exit === null ? null : stamped(exit) };
    return { ...lane, station };
  });
  return { ...site, definition: { ...site.definition, lanes } };
}

function wiringOf(wish: CabinetWish): readonly string[] {
  return LANES.flatMap((lane) => loopsOf(lane, wish));
}

function loopsOf(lane: number, { stations }: CabinetWish): readonly string[] {
  return stations === 'dual' ? [`entry-${lane}`, `exit-${lane}`] : [`entry-${lane}`];
}

function siteFile(wish: CabinetWish): object {
  const { spacingM = SPACING_M, stations } = wish;
  const stationOf = (lane: number) => ({
    loops: loopsOf(lane, wish),
    loopLengthM: LOOP_LENGTH_M,
    ...(stations === 'dual' ? { spacingM } : {}),
  });
  const card = {
    id: CARD,
    driver: 'generic-di16',
    unit: 1,
    pollMs: wish.pollMs,
    loops: wiringOf(wish),
  };
  return {
    version: 1,
    site: { id: 'oracle', name: 'Oracle' },
    flow: { intervalsS: [...WIDTHS_S] },
    approaches: [
      {
        id: 'road',
        name: 'Road',
        lanes: LANES.map((number) => ({ number, kind: wish.kind, station: stationOf(number) })),
      },
    ],
    buses: [{ id: 'lan', protocol: 'modbus-tcp', host: '127.0.0.1', devices: [card] }],
    uplink: { url: 'mqtts://platform.example:8883' },
  };
}
