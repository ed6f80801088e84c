/** Simulated cards that speak Modbus: on a serial line, behind a serial device server, and on TCP. */
import { type CardMap, type CardTable, createCardMap } from '../../src/simulator/cards/card-map.ts';
import { openLoopCards } from '../../src/simulator/cards/loop-cards.ts';
import { createLoopChannel, type LoopChannel } from '../../src/simulator/cards/loop-channel.ts';
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { openUnitsBehindServer, openUnitsOnTcp, type UnitHabit } from './modbus-units.ts';
import { ANSWERS, LINE, loopName, overOne, type Stand, type StandLane } from './stand.ts';
import type { RoadLine } from './street.ts';

const [FIRST_UNIT, SECOND_UNIT] = [11, 12];

/** Two LD220 on one RS-485 line, one with a pair of loops and one with a single loop, which can be unplugged. */
export async function openRs485(name: string): Promise<Stand & { readonly unplugSecond: () => void }> {
  const [first, firstExit, second] = [loopName(name, 1), loopName(name, 1, 'exit'), loopName(name, 2)];
  const cable = await openPtyPair();
  const card = { unit: FIRST_UNIT, model: 'ld220', loops: [first, firstExit] } as const;
  const other = { unit: SECOND_UNIT, model: 'ld220', loops: [second] } as const;
  const cards = await openLoopCards({
    tcp: [],
    rtu: [{ path: cable.cardsPath, baud: LINE.baud, cards: [card, other] }],
  });
  const line =
    (loop: string): RoadLine =>
    (isOccupied) =>
      cards.setOccupied(loop, isOccupied);
  const device = (unit: number, loops: readonly (string | null)[]): object => ({
    ...{ id: `${name}-${unit}`, driver: 'procon-ld220', unit, pollMs: 70, loops },
  });
  const devices = [device(FIRST_UNIT, [first, firstExit]), device(SECOND_UNIT, [second])];
  return {
    name,
    bus: { protocol: 'modbus-rtu', path: cable.gatewayPath, ...LINE, devices },
    lanes: [{ entry: line(first), exit: line(firstExit) }, overOne(line(second))],
    isRead: ({ loops }) =>
      loops.filter(({ loop }) => loop.startsWith(name)).every(({ occupied }) => occupied === false),
    unplugSecond: () => cards.silence(SECOND_UNIT, true),
    async close() {
      await cards.close();
      await cable.close();
    },
  };
}

/** An LD220 with a loop in each of two lanes and an LD120, which also counts, behind a serial device server. */
export async function openDeviceServer(name: string): Promise<Stand> {
  const channels = [createLoopChannel(), createLoopChannel(), createLoopChannel()];
  const [first = null, second = null, third = null] = channels;
  const cards = new Map([
    [21, createCardMap('ld220', [first, second])],
    [22, createCardMap('ld120', [third])],
  ]);
  const { reads, habits } = answersOf(cards);
  const units = await openUnitsBehindServer(habits, LINE.baud);
  const device = (unit: number, model: string, lanes: readonly number[]): object => {
    const loops = lanes.map((lane) => loopName(name, lane));
    return { id: `${name}-${model}`, driver: `procon-${model}`, unit, pollMs: 70, loops };
  };
  const devices = [device(21, 'ld220', [1, 2]), device(22, 'ld120', [3])];
  return {
    name,
    bus: { protocol: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: units.port, ...LINE, devices },
    lanes: channels.map(overChannel),
    // The counter of the LD120 is read once a second.
    isRead: () => reads.numbers >= ANSWERS,
    close: () => units.close(),
  };
}

/** A module of eight pulse counters of 32 bits, the high word first, on Modbus TCP. */
export async function openPulseCounter(name: string): Promise<Stand> {
  const channels = [createLoopChannel(), createLoopChannel()];
  const map: CardMap = {
    registersPerRequest: 125,
    valueAt(_table, address) {
      const count = channels[Math.floor((address - 1) / 2)]?.count ?? 0;
      return address % 2 === 1 ? count >>> 16 : count & 0xffff;
    },
  };
  const { reads, habits } = answersOf(new Map([[1, map]]));
  const units = await openUnitsOnTcp(habits);
  const loops = [loopName(name, 1), loopName(name, 2)];
  const devices = [{ id: `${name}-module`, driver: 'generic-pc8', loops }];
  return {
    name,
    bus: { protocol: 'modbus-tcp', host: '127.0.0.1', port: units.port, devices },
    lanes: channels.map(overChannel),
    isRead: () => reads.numbers >= ANSWERS,
    close: () => units.close(),
  };
}

const TABLES: Readonly<Record<number, CardTable>> = {
  2: 'discrete-input',
  3: 'holding-register',
  4: 'input-register',
};

/** How cards answer, and how often their numbers were read. */
function answersOf(cards: ReadonlyMap<number, CardMap>) {
  const reads = { numbers: 0 };
  const habit: UnitHabit = ({ unit, functionCode, address, quantity }) => {
    const [card, table] = [cards.get(unit), TABLES[functionCode]];
    if (card === undefined || table === undefined) return null;
    const values = Array.from({ length: quantity }, (_, at) => card.valueAt(table, address + at));
    if (values.includes(null)) return { body: Uint8Array.of(unit, functionCode | 0x80, 2) };
    const isBits = table === 'discrete-input';
    if (!isBits) reads.numbers += 1;
    const bytes = isBits
      ? [values.reduce<number>((byte, bit, at) => byte | ((bit ?? 0) << at), 0)]
      : values.flatMap((value) => [(value ?? 0) >> 8, (value ?? 0) & 0xff]);
    return { body: Uint8Array.from([unit, functionCode, bytes.length, ...bytes]) };
  };
  return { reads, habits: new Map([...cards.keys()].map((unit) => [unit, habit])) };
}

function overChannel(channel: LoopChannel): StandLane {
  return overOne((isOccupied) => channel.setOccupied(isOccupied));
}
