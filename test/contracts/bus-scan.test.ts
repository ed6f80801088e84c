import { afterEach, describe, expect, it } from 'vitest';
import { type BusScanRequest, openBusScan, planBusScan, type ScanFinding } from '../../src/app/bus-scan.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { createSerialOpener } from '../../src/sensors/fieldbus/serial-line.ts';
import { openLoopCards, type RtuCardLine } from '../../src/simulator/cards/loop-cards.ts';
import { openPtyPair, type PtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';

const LD120 = 34;
const LD220 = 35;
const CARDS = [
  { driver: 'procon-ld120', label: 'LD120', expect: LD120 },
  { driver: 'procon-ld220', label: 'LD220', expect: LD220 },
].map(({ driver, label, expect: type }) => ({
  protocol: 'modbus' as const,
  driver,
  label,
  bus: { serial: { baud: [9600], parity: ['none' as const], stopBits: [1 as const] } },
  identify: { table: 'input-register' as const, address: 1, mask: 0xff, expect: type },
}));
const INPUTS = [8, 16].map((quantity) => ({
  ...{ protocol: 'modbus' as const, driver: `generic-di${quantity}`, label: '', bus: {} },
  reads: [{ table: 'discrete-input' as const, address: 1, quantity }],
}));
const COUNTERS = {
  ...{ protocol: 'modbus' as const, driver: 'counters', label: '', bus: {} },
  reads: [{ table: 'holding-register' as const, address: 1000, quantity: 1 }],
};
const DRIVERS = [...CARDS, ...INPUTS, COUNTERS];

const REQUEST: BusScanRequest = {
  paths: [],
  peers: [],
  callers: [],
  units: [1, 2, 3, 4, 7, 8],
  bauds: null,
  listenMs: 300,
  responseTimeoutMs: 100,
  thorough: false,
};

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function cable(): Promise<PtyPair> {
  const pair = await openPtyPair();
  cleanups.push(pair.close);
  return pair;
}

async function serialCards(pair: PtyPair, cards: RtuCardLine['cards']): Promise<void> {
  const open = await openLoopCards({ tcp: [], rtu: [{ path: pair.cardsPath, baud: 9600, cards }] });
  cleanups.push(() => open.close());
}

interface Scanned {
  readonly findings: readonly ScanFinding[];
  of<K extends ScanFinding['finding']>(kind: K): readonly Extract<ScanFinding, { finding: K }>[];
}

function start(
  request: Partial<BusScanRequest>,
  onFinding: (finding: ScanFinding) => void = () => undefined,
) {
  const findings: ScanFinding[] = [];
  const scan = openBusScan({
    configuration: planBusScan({ ...REQUEST, ...request }, DRIVERS),
    logger: createLogger({ level: 'warn' }),
    onFinding(finding) {
      findings.push(finding);
      onFinding(finding);
    },
  });
  cleanups.push(() => scan.stop());
  const scanned: Scanned = {
    findings,
    of: (kind) =>
      findings.filter((one): one is Extract<ScanFinding, { finding: typeof kind }> => one.finding === kind),
  };
  return { scan, scanned };
}

async function scanned(request: Partial<BusScanRequest>): Promise<Scanned> {
  const run = start(request);
  await run.scan.finished;
  return run.scanned;
}

/** Progress of questions; while it only listens, there are none. */
function asked(result: Scanned): readonly Extract<ScanFinding, { finding: 'progress' }>[] {
  return result.of('progress').filter((one) => one.of > 0);
}

/** A master at work on the far end: a request each 50 ms, at 9600 8N1. */
async function otherMaster(path: string): Promise<void> {
  const line = await createSerialOpener({ path, baud: 9600, parity: 'none', stopBits: 1 })({
    onBytes: () => undefined,
    onClosed: () => undefined,
  });
  const talking = setInterval(() => line.write(Uint8Array.of(3, 4, 0, 0, 0, 1, 0x30, 0x28)), 50);
  cleanups.push(() => {
    clearInterval(talking);
    return line.close();
  });
}

describe('a scan of the buses', () => {
  it('finds the cards of a line, tells their models apart and asks none of the other settings', async () => {
    const pair = await cable();
    await serialCards(pair, [
      { unit: 3, model: 'ld120', loops: ['a'] },
      { unit: 7, model: 'ld220', loops: ['b', 'c'] },
    ]);
    const result = await scanned({ paths: [pair.gatewayPath] });
    const settings = { path: pair.gatewayPath, baud: 9600, parity: 'none', stopBits: 1 };
    expect(result.of('device')).toMatchObject([
      { ...settings, unit: 3, drivers: ['procon-ld120'] },
      { ...settings, unit: 7, drivers: ['procon-ld220'] },
    ]);
    expect(new Set(asked(result).map(({ now }) => now.split(' unit ')[0]))).toEqual(
      new Set([`${pair.gatewayPath} 9600 8N1`]),
    );
    expect(result.findings.at(-1)).toEqual({ finding: 'finished' });
  });

  it('takes an exception for an answer, and lists every driver that a module without an identity fits', async () => {
    const port = await freeTcpPort();
    const cards = await openLoopCards({ tcp: [{ port, unit: 4, channels: ['a'] }], rtu: [] });
    cleanups.push(() => cards.close());
    const result = await scanned({ peers: [{ host: '127.0.0.1', port }] });
    const [device, ...more] = result.of('device');
    expect(more).toEqual([]);
    expect(device).toMatchObject({
      path: `127.0.0.1:${port}`,
      unit: 4,
      drivers: ['generic-di16', 'generic-di8'],
    });
    expect(device?.detail).toBe(
      'refuses input-register 1 (exception 2); answers all that these drivers read',
    );
  });

  it('asks nothing on a line on which another master talks', async () => {
    const pair = await cable();
    await otherMaster(pair.cardsPath);
    const result = await scanned({ paths: [pair.gatewayPath], listenMs: 5000 });
    const [busy, ...more] = result.of('line-busy');
    expect(more).toEqual([]);
    expect(busy?.bytes).toBeGreaterThanOrEqual(5);
    expect(asked(result)).toEqual([]);
    expect(result.of('device')).toEqual([]);
  });

  it('finds nobody on an empty line, in every setting, and invents nothing', async () => {
    const pair = await cable();
    const result = await scanned({ paths: [pair.gatewayPath], units: [1, 2], responseTimeoutMs: 20 });
    expect(result.findings.map(({ finding }) => finding).filter((one) => one !== 'progress')).toEqual([
      'started',
      'port',
      'finished',
    ]);
    expect(asked(result).at(-1)?.of).toBe(2 * 12);
  });

  it('says that a port is in use when another process has it', async () => {
    const pair = await cable();
    const taken = await createSerialOpener({
      path: pair.gatewayPath,
      baud: 9600,
      parity: 'none',
      stopBits: 1,
    })({ onBytes: () => undefined, onClosed: () => undefined });
    cleanups.push(() => taken.close());
    const result = await scanned({ paths: [pair.gatewayPath, '/nowhere/tty'] });
    expect(result.of('port-unusable')).toMatchObject([
      { path: pair.gatewayPath, why: expect.stringMatching(/lock/i) },
      { path: '/nowhere/tty', why: expect.stringMatching(/No such file/) },
    ]);
  });

  it('leaves the line within its deadline when it is stopped, and says nothing more', async () => {
    const pair = await cable();
    const asked = Promise.withResolvers<void>();
    const run = start({ paths: [pair.gatewayPath] }, ({ finding }) => {
      if (finding === 'progress') asked.resolve();
    });
    await asked.promise;
    await run.scan.stop();
    await run.scan.finished;
    expect(run.scanned.of('finished')).toEqual([]);
    const line = await createSerialOpener({
      path: pair.gatewayPath,
      baud: 9600,
      parity: 'none',
      stopBits: 1,
    })({ onBytes: () => undefined, onClosed: () => undefined });
    await line.close();
  });
});
