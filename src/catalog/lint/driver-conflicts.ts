import { addressOf, channelsOf, isBitTable } from '../derive/reads.ts';
import type { Finding } from '../load/problem.ts';
import type { LoopDriver } from '../schema/driver.ts';
import { DECODER_WIDTH, type ModbusDriver, type Signal } from '../schema/modbus-driver.ts';
import { testDriverExamples } from './driver-examples.ts';
import { lintFrameDriver } from './frame-driver-conflicts.ts';

const code = 'driver-invalid';

/** What the shape of a driver file cannot say: decoders on the wrong table, overlaps, examples that fail. */
export function lintDriver(driver: LoopDriver, expectedId: string): readonly Finding[] {
  return [
    ...nameFindings(driver, expectedId),
    ...timingFindings(driver),
    ...(driver.protocol === 'frames' ? lintFrameDriver(driver) : lintModbusDriver(driver)),
  ];
}

function timingFindings({ bus }: LoopDriver): readonly Finding[] {
  if (bus.replyDelayMs < bus.responseTimeoutMs) return [];
  const message = `expected less than responseTimeoutMs (${bus.responseTimeoutMs}), found ${bus.replyDelayMs}`;
  const hint = 'A device that usually thinks for so long would always be given up.';
  return [{ code, path: ['bus', 'replyDelayMs'], message, hint }];
}

function lintModbusDriver(driver: ModbusDriver): readonly Finding[] {
  const findings = [
    ...driver.signals.flatMap((signal, index) => signalFindings(signal, { index, driver })),
    ...overlapFindings(driver),
    ...purposeFindings(driver),
  ];
  return findings.length > 0 ? findings : exampleFindings(driver);
}

function nameFindings(driver: LoopDriver, expectedId: string): readonly Finding[] {
  if (driver.driver === expectedId) return [];
  const message = `expected ${expectedId} as in the path of the file, found "${driver.driver}"`;
  return [{ code, path: ['driver'], message, hint: 'The file is loops/<maker>/<model>.yaml.' }];
}

function signalFindings(signal: Signal, at: { index: number; driver: ModbusDriver }): readonly Finding[] {
  const { index, driver } = at;
  const path = ['signals', index];
  const findings: Finding[] = [];
  const wantsBits = signal.decode === 'bits';
  if (wantsBits !== isBitTable(signal.table)) {
    const expected = wantsBits ? 'coil or discrete-input' : 'holding-register or input-register';
    findings.push({
      code,
      path: [...path, 'table'],
      message: `expected ${expected} for the decoder ${signal.decode}, found "${signal.table}"`,
      hint: 'Bits are read from coils and discrete inputs, numbers from registers.',
    });
  }
  if (channelsOf(signal, driver) > driver.channels) {
    findings.push({
      code,
      path: [...path, 'channels'],
      message: `expected at most ${driver.channels}, found ${signal.channels}`,
      hint: 'A card cannot have more signals of a kind than channels.',
    });
  }
  const last = addressOf(signal, channelsOf(signal, driver) - 1) + DECODER_WIDTH[signal.decode] - 1;
  if (last > 65_536) {
    findings.push({
      code,
      path: [...path, 'address'],
      message: `expected addresses up to 65536, found ${last} for the last channel`,
      hint: 'Check address and stride.',
    });
  }
  return findings;
}

function overlapFindings(driver: ModbusDriver): readonly Finding[] {
  const owners = new Map<string, number>();
  const findings: Finding[] = [];
  driver.signals.forEach((signal, index) => {
    const addresses = Array.from({ length: channelsOf(signal, driver) }, (_, channel) =>
      Array.from({ length: DECODER_WIDTH[signal.decode] }, (_w, word) => addressOf(signal, channel) + word),
    ).flat();
    const taken = addresses.find(
      (address, position) =>
        owners.has(`${signal.table}@${address}`) || addresses.indexOf(address) !== position,
    );
    if (taken !== undefined) {
      const owner = owners.get(`${signal.table}@${taken}`);
      const other = owner === undefined ? 'another channel of this signal' : `signals[${owner}]`;
      findings.push({
        code,
        path: ['signals', index, 'address'],
        message: `expected addresses of its own, found ${signal.table} ${taken}, which is also ${other}`,
        hint: 'One bit or register has one meaning; check address, stride and channels.',
      });
    }
    for (const address of addresses) owners.set(`${signal.table}@${address}`, index);
  });
  return findings;
}

function purposeFindings(driver: ModbusDriver): readonly Finding[] {
  const kinds = driver.signals.map((signal) => signal.means);
  const repeated = kinds.findIndex((means, index) => kinds.indexOf(means) !== index);
  const findings: Finding[] = [];
  if (repeated >= 0) {
    findings.push({
      code,
      path: ['signals', repeated, 'means'],
      message: `expected each meaning once, found ${kinds[repeated]} again`,
      hint: 'One block per meaning; stride says where the next channel is.',
    });
  }
  if (!kinds.includes('loop-occupied') && !kinds.includes('vehicle-count')) {
    findings.push({
      code,
      path: ['signals'],
      message: 'expected a signal that means loop-occupied or vehicle-count, found neither',
      hint: 'Without presence or a counter there are no vehicles.',
    });
  }
  return findings;
}

function exampleFindings(driver: ModbusDriver): readonly Finding[] {
  return testDriverExamples(driver).flatMap((result, index) =>
    result.mismatches.map((message) => ({
      code: 'driver-example-failed',
      path: ['examples', index],
      message,
      hint: 'Compare the example with the recording and the signals with the manual.',
    })),
  );
}
