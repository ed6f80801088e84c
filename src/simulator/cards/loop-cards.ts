/** Simulated loop cards that answer as real Modbus servers, over TCP and over a serial line. */
import { once } from 'node:events';
import { type IServiceVector, ServerSerial, ServerTCP } from 'modbus-serial';
import { RoadsideError } from '../../base/errors.ts';
import { type CardMap, type CardModel, type CardTable, createCardMap } from './card-map.ts';
import { createLoopChannel, type LoopChannel } from './loop-channel.ts';

export interface LoopCardsPlan {
  /** One module with up to sixteen loops per port; null leaves an input unconnected. */
  readonly tcp: readonly {
    readonly port: number;
    readonly unit: number;
    readonly channels: readonly (string | null)[];
  }[];
  readonly rtu: readonly RtuCardLine[];
}

export interface RtuCardLine {
  readonly path: string;
  /** The wire time of this rate is emulated; a pseudo-terminal has none. Always 8N1. */
  readonly baud: number;
  readonly cards: readonly {
    readonly unit: number;
    readonly model: 'ld120' | 'ld220';
    readonly loops: readonly string[];
    /** Default false: the LD cards keep their counters in non-volatile memory. */
    readonly volatileCounters?: boolean;
  }[];
}

/** Cards are named by their unit address: keep units unique over all lines of one plan. */
export interface LoopCards {
  setOccupied(loop: string, occupied: boolean): void;
  /** Jams a loop's output; null frees it. */
  stick(loop: string, output: 'on' | 'off' | null): void;
  /** Cuts a loop's wire. */
  failOpen(loop: string, isOpen: boolean): void;
  /** The card stops answering, as without power. */
  silence(unit: number, isSilent: boolean): void;
  /** Power off and on: no answer for RESTART_MS, and volatile counters begin at 0. */
  restart(unit: number): void;
  close(): Promise<void>;
}

/** How long a card is busy after power-up. */
export const RESTART_MS = 300;
/** From the end of the request to the beginning of the reply. */
export const TURNAROUND_MS = 3;

const REQUEST_BYTES = 8;
const BITS_PER_CHAR = 10;

interface Card {
  readonly unit: number;
  readonly map: CardMap;
  readonly channels: readonly LoopChannel[];
  readonly volatileCounters: boolean;
  isSilent: boolean;
  isStarting: boolean;
}

export async function openLoopCards(plan: LoopCardsPlan): Promise<LoopCards> {
  const channels = new Map<string, LoopChannel>();
  const channelOf = (loop: string): LoopChannel => {
    const channel = channels.get(loop) ?? createLoopChannel();
    channels.set(loop, channel);
    return channel;
  };
  const createCard = (
    unit: number,
    model: CardModel,
    loops: readonly (string | null)[],
    volatileCounters: boolean,
  ): Card => {
    const wired = loops.map((loop) => (loop === null ? null : channelOf(loop)));
    return {
      unit,
      map: createCardMap(model, wired),
      channels: wired.filter((channel) => channel !== null),
      volatileCounters,
      isSilent: false,
      isStarting: false,
    };
  };
  const tcpLines = plan.tcp.map(({ port, unit, channels: loops }) => ({
    port,
    cards: [createCard(unit, 'di16', loops, false)],
  }));
  const rtuLines = plan.rtu.map((line) => ({
    line,
    cards: line.cards.map(({ unit, model, loops, volatileCounters }) =>
      createCard(unit, model, loops, volatileCounters ?? false),
    ),
  }));
  const cards = [...tcpLines, ...rtuLines].flatMap((line) => line.cards);
  const closers = await Promise.all([
    ...tcpLines.map(({ port, cards: onLine }) => openTcpServer(port, serviceVector(onLine))),
    ...rtuLines.map(({ line, cards: onLine }) => openSerialServer(line, serviceVector(onLine))),
  ]);
  const timers = new Set<NodeJS.Timeout>();
  const known = (loop: string): LoopChannel => {
    const channel = channels.get(loop);
    if (channel === undefined) throw new RangeError(`no card serves a loop named ${loop}`);
    return channel;
  };

  return {
    setOccupied: (loop, occupied) => known(loop).setOccupied(occupied),
    stick: (loop, output) => known(loop).stick(output),
    failOpen: (loop, isOpen) => known(loop).failOpen(isOpen),
    silence(unit, isSilent) {
      for (const card of cards) if (card.unit === unit) card.isSilent = isSilent;
    },
    restart(unit) {
      for (const card of cards.filter((it) => it.unit === unit)) {
        card.isStarting = true;
        if (card.volatileCounters) for (const channel of card.channels) channel.loseCount();
        const timer = setTimeout(() => {
          timers.delete(timer);
          card.isStarting = false;
        }, RESTART_MS);
        timers.add(timer);
      }
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(closers.map((close) => close()));
    },
  };
}

/** The library asks value by value; a callback that is never called is a card that does not answer. */
function serviceVector(cards: readonly Card[]): IServiceVector {
  const answer = (table: CardTable, place: { first: number; quantity: number; unit: number }) => {
    const card = cards.find((it) => it.unit === place.unit);
    if (card === undefined || card.isSilent || card.isStarting) return null;
    const values = Array.from({ length: place.quantity }, (_, index) =>
      card.map.valueAt(table, place.first + index + 1),
    );
    const tooLong = table !== 'discrete-input' && place.quantity > card.map.registersPerRequest;
    return tooLong || values.includes(null) ? illegalAddress() : values.map((value) => value ?? 0);
  };
  const one =
    <T>(table: CardTable, convert: (value: number) => T) =>
    (first: number, unit: number, reply: (error: Error | null, value: T) => void): void => {
      const values = answer(table, { first, quantity: 1, unit });
      if (values instanceof Error) reply(values, convert(0));
      else if (values !== null) reply(null, convert(values[0] ?? 0));
    };
  const many =
    (table: CardTable) =>
    (
      first: number,
      quantity: number,
      unit: number,
      reply: (error: Error | null, values: number[]) => void,
    ): void => {
      const values = answer(table, { first, quantity, unit });
      if (values instanceof Error) reply(values, []);
      else if (values !== null) reply(null, values);
    };
  return {
    getDiscreteInput: one('discrete-input', Boolean),
    getInputRegister: one('input-register', Number),
    getHoldingRegister: one('holding-register', Number),
    getMultipleInputRegisters: many('input-register'),
    getMultipleHoldingRegisters: many('holding-register'),
  };
}

/** Modbus exception 2, in the way the library wants to be told. */
function illegalAddress(): Error {
  return Object.assign(new Error('illegal data address'), { modbusErrorCode: 2 });
}

async function openTcpServer(port: number, vector: IServiceVector): Promise<() => Promise<void>> {
  const server = new ServerTCP(vector, { host: '127.0.0.1', port });
  server.on('socketError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.on('initialized', () => resolve());
    server.on('serverError', (error) => reject(cannotOpen(`TCP port ${port}`, error)));
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** What ServerSerial offers beyond its type declaration (modbus-serial 8.0.25, servers/serverserial.js). */
interface SerialServer {
  getPort(): NodeJS.EventEmitter & {
    readonly isOpen: boolean;
    write(bytes: Uint8Array): boolean;
  };
  close(done: () => void): void;
}

async function openSerialServer(line: RtuCardLine, vector: IServiceVector): Promise<() => Promise<void>> {
  const charMs = (BITS_PER_CHAR * 1000) / line.baud;
  const delayed = {
    write(reply: Uint8Array) {
      // Request and reply as long on the wire as at the real rate, and the card's thinking between them.
      const onWireMs = (REQUEST_BYTES + reply.length) * charMs + TURNAROUND_MS;
      setTimeout(() => {
        const port = server.getPort();
        if (port.isOpen) port.write(reply);
      }, onWireMs);
    },
  };
  const settings = {
    path: line.path,
    baudRate: line.baud,
    // Silence that ends a request: its 3.5 characters. Left alone the library waits 30 ms.
    interval: Math.ceil(3.5 * charMs),
    portResponse: delayed,
  };
  const server = new ServerSerial(vector, settings as never) as unknown as SerialServer;
  const port = server.getPort();
  const failed = once(port, 'error').then(([error]) => {
    throw cannotOpen(line.path, error as Error);
  });
  await Promise.race([once(port, 'open'), failed]);
  failed.catch(() => undefined);
  port.on('error', () => undefined);
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
    });
}

function cannotOpen(what: string, error: Error | null): RoadsideError {
  return new RoadsideError(
    'bus-unreachable',
    `simulated cards cannot open ${what}: ${error?.message ?? ''}`,
    {
      hint: 'Choose a free port, or stop the program that uses it.',
    },
  );
}
