import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { READ_FUNCTION } from '../../src/sensors/fieldbus/modbus-frames.ts';

const SENSORS = fileURLToPath(new URL('../../src/sensors/', import.meta.url));

/** File name → its text without comments; tests left out. */
const sources = new Map<string, string>();
beforeAll(async () => {
  for (const name of await readdir(SENSORS, { recursive: true })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const text = await readFile(`${SENSORS}${name}`, 'utf8');
    sources.set(name, text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*/g, ''));
  }
});

function filesWith(pattern: RegExp): string[] {
  return [...sources].flatMap(([name, text]) => (pattern.test(text) ? [name] : [])).sort();
}

describe('what can reach a detector card', () => {
  it('has function codes for reading only', () => {
    expect(Object.values(READ_FUNCTION).sort()).toEqual([1, 2, 3, 4]);
  });

  it('is written to a line by the two masters, each time a frame of the read encoder', () => {
    const masters = ['fieldbus/rtu-master.ts', 'fieldbus/tcp-master.ts'];
    // Frame protocols: bytes of a device session, which has no Modbus encoder at all.
    const sessions = ['fieldbus/frame-peers.ts', 'fieldbus/session-port.ts'];
    expect(filesWith(/line\.write\(/)).toEqual([...masters, ...sessions].toSorted());
    for (const name of masters) {
      const writes = sources.get(name)?.match(/line\.write\(.*/g) ?? [];
      expect(writes).toHaveLength(1);
      expect(writes[0]).toMatch(/^line\.write\(encode(Rtu|Tcp)Request\(/);
    }
    const encoders = filesWith(/encode(Rtu|Tcp)Request/);
    expect(encoders).toEqual(['fieldbus/modbus-frames.ts', ...masters]);
  });

  it('passes through one file per medium', () => {
    expect(filesWith(/from 'serialport'/)).toEqual(['fieldbus/serial-line.ts']);
    expect(filesWith(/from 'node:net'/)).toEqual(['fieldbus/tcp-line.ts', 'fieldbus/tcp-listener.ts']);
    expect(filesWith(/modbus-serial/)).toEqual([]);
  });

  it('is never called a write: no name of a writing function occurs', () => {
    expect(filesWith(/write(Single|Multiple)?(Coil|Register)|forceCoil|presetRegister|maskWrite/i)).toEqual(
      [],
    );
  });
});
