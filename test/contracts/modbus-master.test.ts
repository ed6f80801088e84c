import { setTimeout as delay } from 'node:timers/promises';
import modbusSerial from 'modbus-serial';
import { describe, expect, it, type TestContext } from 'vitest';
import type { ReadRequest } from '../../src/sensors/fieldbus/modbus-frames.ts';
import type { ModbusMaster, ReadTerms } from '../../src/sensors/fieldbus/modbus-master.ts';
import { createRtuMaster } from '../../src/sensors/fieldbus/rtu-master.ts';
import { rtuTiming } from '../../src/sensors/fieldbus/rtu-timing.ts';
import { createSerialOpener } from '../../src/sensors/fieldbus/serial-line.ts';
import { createTcpOpener } from '../../src/sensors/fieldbus/tcp-line.ts';
import { createTcpMaster } from '../../src/sensors/fieldbus/tcp-master.ts';
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { createSeededRandom } from '../fakes/modbus-random.ts';
import {
  openScriptedRtuSlave,
  openScriptedTcpSlave,
  type ScriptedSlave,
  SLAVE_FAULTS,
  type SlaveFault,
  type SlaveScript,
  valueOfAddress,
} from '../fakes/modbus-slave.ts';

const SEED = 20_261_123;
const UNIT = 7;
const FAULT_SHARE = 0.4;
/** Thirty-two discrete inputs: four bytes of value for every reply, so that all replies look alike. */
const QUANTITY = 32;
const VALUE_BYTES = 4;
const BAUD = 19_200;
/** RTU has neither transactions nor protocol ids. */
const RTU_FAULTS: readonly SlaveFault[] = SLAVE_FAULTS.filter(
  (fault) => fault !== 'foreign-transaction' && fault !== 'foreign-protocol',
);

interface Wire {
  readonly slave: ScriptedSlave;
  readonly openMaster: () => ModbusMaster;
  /** modbus-serial's own client on the same wire. */
  readonly openControl: () => Promise<InstanceType<typeof modbusSerial.default>>;
}

interface Transport {
  readonly name: string;
  readonly exchanges: number;
  readonly controlExchanges: number;
  readonly responseTimeoutMs: number;
  readonly faults: readonly SlaveFault[];
  openWire(script: SlaveScript, test: TestContext): Promise<Wire>;
}

const NOBODY = { onLineChange: () => undefined };

const TCP: Transport = {
  name: 'TCP',
  exchanges: 2400,
  controlExchanges: 600,
  responseTimeoutMs: 15,
  faults: SLAVE_FAULTS,
  async openWire(script, test) {
    const slave = await openScriptedTcpSlave(script);
    test.onTestFinished(() => slave.close());
    const peer = { host: '127.0.0.1', port: slave.port };
    return {
      slave,
      openMaster: () => createTcpMaster(createTcpOpener(peer), NOBODY),
      async openControl() {
        const client = new modbusSerial.default();
        client.setTimeout(script.deadlineMs);
        await client.connectTCP(peer.host, { port: peer.port });
        return client;
      },
    };
  },
};

const RTU: Transport = {
  name: 'RTU over a pseudo-terminal',
  exchanges: 500,
  controlExchanges: 200,
  responseTimeoutMs: 25,
  faults: RTU_FAULTS,
  async openWire(script, test) {
    const pair = await openPtyPair();
    test.onTestFinished(() => pair.close());
    const slave = await openScriptedRtuSlave(script, { path: pair.cardsPath, baud: BAUD });
    test.onTestFinished(() => slave.close());
    const settings = { path: pair.gatewayPath, baud: BAUD, parity: 'none', stopBits: 1 } as const;
    return {
      slave,
      openMaster: () => createRtuMaster(createSerialOpener(settings), rtuTiming(settings), NOBODY),
      async openControl() {
        const client = new modbusSerial.default();
        client.setTimeout(script.deadlineMs);
        await client.connectRTUBuffered(settings.path, { baudRate: BAUD });
        return client;
      },
    };
  },
};

function scriptOf(transport: Transport): SlaveScript {
  const { faults, responseTimeoutMs } = transport;
  return {
    random: createSeededRandom(SEED),
    faultShare: FAULT_SHARE,
    faults,
    deadlineMs: responseTimeoutMs + 10,
  };
}

async function opened(master: ModbusMaster, test: TestContext): Promise<ModbusMaster> {
  test.onTestFinished(() => master.close());
  while (!master.isOpen) await delay(5);
  return master;
}

/** A unit that is in doubt is not asked at all; the next poll asks it again, and so does this. */
async function readOnceAsked(master: ModbusMaster, request: ReadRequest, terms: ReadTerms) {
  for (;;) {
    while (!master.isOpen) await delay(2);
    const beganAtMs = performance.now();
    const outcome = await master.read(request, terms);
    if (outcome.kind !== 'timeout' || performance.now() - beganAtMs > 5) return outcome;
    await delay(20);
  }
}

describe.concurrent.each([TCP, RTU])('the master over $name', (transport) => {
  const terms = { responseTimeoutMs: transport.responseTimeoutMs, turnaroundMs: 0, markers: [] };

  it(`takes no wrong value in ${transport.exchanges} exchanges of which ${FAULT_SHARE * 100} % go wrong, seed ${SEED}`, async (test) => {
    const wire = await transport.openWire(scriptOf(transport), test);
    const master = await opened(wire.openMaster(), test);
    const tally = { right: 0, wrong: 0, exception: 0, timeout: 0, corrupt: 0, closed: 0 };
    for (let address = 1; address <= transport.exchanges; address += 1) {
      const request = { unit: UNIT, table: 'discrete-input', address, quantity: QUANTITY } as const;
      const outcome = await readOnceAsked(master, request, terms);
      if (outcome.kind !== 'values') tally[outcome.kind] += 1;
      else if (Buffer.from(valueOfAddress(address, VALUE_BYTES)).equals(outcome.bytes)) tally.right += 1;
      else tally.wrong += 1;
    }
    expect(tally.wrong).toBe(0);
    expect(tally.right).toBeGreaterThan(transport.exchanges * 0.45);
    expect(tally.timeout).toBeGreaterThan(transport.exchanges * 0.02);
    expect(tally.corrupt).toBeGreaterThan(transport.exchanges * 0.02);
    expect([...wire.slave.functionCodes]).toEqual([2]);
  });

  it(`has a script that makes modbus-serial's own client take wrong values (control)`, async (test) => {
    const wire = await transport.openWire(scriptOf(transport), test);
    let client = await wire.openControl();
    let failuresInRow = 0;
    let wrong = 0;
    for (let address = 1; address <= transport.controlExchanges; address += 1) {
      client.setID(UNIT);
      try {
        const { buffer } = await client.readDiscreteInputs(address - 1, QUANTITY);
        failuresInRow = 0;
        if (!Buffer.from(valueOfAddress(address, VALUE_BYTES)).equals(buffer)) wrong += 1;
      } catch {
        failuresInRow += 1;
      }
      if (failuresInRow < 5) continue;
      // One corrupt length and its connection never recovers: without this the control would end here.
      failuresInRow = 0;
      client.close(() => undefined);
      await delay(50);
      client = await wire.openControl();
    }
    client.close(() => undefined);
    expect(wrong).toBeGreaterThan(0);
  });

  it('is never one reply behind a slave that answers in order but too slowly', async (test) => {
    const stalling = { ...scriptOf(transport), faults: ['stall'] as const, faultShare: 0.3 };
    const wire = await transport.openWire(stalling, test);
    const master = await opened(wire.openMaster(), test);
    let right = 0;
    for (let address = 1; address <= 120; address += 1) {
      const request = { unit: UNIT, table: 'input-register', address, quantity: 2 } as const;
      const outcome = await readOnceAsked(master, request, terms);
      if (outcome.kind !== 'values') continue;
      expect(Buffer.from(outcome.bytes)).toEqual(Buffer.from(valueOfAddress(address, VALUE_BYTES)));
      right += 1;
    }
    expect(right).toBeGreaterThan(20);
  });

  it('hands over what a healthy slave says, from every table', async (test) => {
    const wire = await transport.openWire({ ...scriptOf(transport), faultShare: 0 }, test);
    const master = await opened(wire.openMaster(), test);
    const patient = { ...terms, responseTimeoutMs: 1000 };
    for (const table of ['coil', 'discrete-input', 'holding-register', 'input-register'] as const) {
      const quantity = table === 'coil' || table === 'discrete-input' ? 32 : 2;
      const outcome = await master.read({ unit: UNIT, table, address: 500, quantity }, patient);
      expect(outcome).toMatchObject({ kind: 'values', bytes: valueOfAddress(500, VALUE_BYTES) });
    }
    expect([...wire.slave.functionCodes].sort()).toEqual([1, 2, 3, 4]);
  });

  it('refuses a second read while one is outstanding', async (test) => {
    const wire = await transport.openWire({ ...scriptOf(transport), faultShare: 0 }, test);
    const master = await opened(wire.openMaster(), test);
    const request = { unit: UNIT, table: 'coil', address: 1, quantity: 8 } as const;
    const first = master.read(request, { ...terms, responseTimeoutMs: 1000 });
    await expect(master.read(request, terms)).rejects.toThrow('already outstanding');
    expect((await first).kind).toBe('values');
  });
});

describe('the master over a serial line', () => {
  it('keeps 3.5 characters of silence before each request', async (test) => {
    const wire = await RTU.openWire({ ...scriptOf(RTU), faultShare: 0 }, test);
    const master = await opened(wire.openMaster(), test);
    const terms = { responseTimeoutMs: 1000, turnaroundMs: 0, markers: [] };
    for (let address = 1; address <= 40; address += 1) {
      await master.read({ unit: UNIT, table: 'discrete-input', address, quantity: QUANTITY }, terms);
    }
    expect(wire.slave.requests).toBe(40);
    expect(wire.slave.shortestPauseMs).toBeGreaterThanOrEqual(1.82);
  });

  it('asks a mute unit again only when the time of its missing reply is over once more, and others at once', async (test) => {
    const wire = await RTU.openWire({ ...scriptOf(RTU), faults: ['mute'], faultShare: 1 }, test);
    const master = await opened(wire.openMaster(), test);
    const ask = async (unit: number, responseTimeoutMs: number): Promise<number> => {
      const beganAtMs = performance.now();
      const request = { unit, table: 'coil', address: 1, quantity: 8 } as const;
      await master.read(request, { responseTimeoutMs, turnaroundMs: 0, markers: [] });
      return performance.now() - beganAtMs;
    };
    await ask(1, 150);
    expect(await ask(1, 150)).toBeGreaterThan(2 * 150 - 5);
    await ask(1, 3000);
    expect(await ask(2, 20)).toBeLessThan(3000);
  });

  it('ends the outstanding read at once when the adapter is unplugged', async (test) => {
    const pair = await openPtyPair();
    const settings = { path: pair.gatewayPath, baud: 9600, parity: 'none', stopBits: 1 } as const;
    const master = await opened(
      createRtuMaster(createSerialOpener(settings), rtuTiming(settings), NOBODY),
      test,
    );
    const terms = { responseTimeoutMs: 10_000, turnaroundMs: 0, markers: [] };
    const outcome = master.read({ unit: 1, table: 'coil', address: 1, quantity: 8 }, terms);
    const beganAtMs = performance.now();
    await delay(50);
    await pair.close();
    expect((await outcome).kind).toBe('closed');
    expect(performance.now() - beganAtMs).toBeLessThan(5000);
    expect(master.isOpen).toBe(false);
  });
});

describe('the master over TCP', () => {
  it('ends the outstanding read at once when the peer hangs up, and connects again', async (test) => {
    const wire = await TCP.openWire({ ...scriptOf(TCP), faults: ['mute'], faultShare: 1 }, test);
    const master = await opened(wire.openMaster(), test);
    const terms = { responseTimeoutMs: 10_000, turnaroundMs: 0, markers: [] };
    const outcome = master.read({ unit: 1, table: 'coil', address: 1, quantity: 8 }, terms);
    await delay(50);
    await wire.slave.close();
    expect((await outcome).kind).toBe('closed');
  });

  it('replaces a connection on which nothing answers any more', async (test) => {
    const wire = await TCP.openWire({ ...scriptOf(TCP), faults: ['mute'], faultShare: 1 }, test);
    const changes: string[] = [];
    const port = (wire.slave as ScriptedSlave & { readonly port: number }).port;
    const master = await opened(
      createTcpMaster(createTcpOpener({ host: '127.0.0.1', port }), {
        onLineChange: (change) => changes.push(change.kind),
      }),
      test,
    );
    const terms = { responseTimeoutMs: 20, turnaroundMs: 0, markers: [] };
    const request = { unit: 1, table: 'coil', address: 1, quantity: 8 } as const;
    expect((await master.read(request, terms)).kind).toBe('timeout');
    expect((await master.read(request, terms)).kind).toBe('timeout');
    while (changes.length < 3) await delay(5);
    expect(changes).toEqual(['open', 'dropped', 'open']);
  });
});
