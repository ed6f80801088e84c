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

  it('is written to a line in two places, each time a frame of the read encoder', () => {
    const fieldbus = filesWith(/line\.write\(/);
    expect(fieldbus).toEqual(['fieldbus/rtu-master.ts', 'fieldbus/tcp-master.ts']);
    for (const name of fieldbus) {
      const writes = sources.get(name)?.match(/line\.write\(.*/g) ?? [];
      expect(writes).toHaveLength(1);
      expect(writes[0]).toMatch(/^line\.write\(encode(Rtu|Tcp)Request\(/);
    }
  });

  it('passes through one file per medium', () => {
    expect(filesWith(/from 'serialport'/)).toEqual(['fieldbus/serial-line.ts']);
    expect(filesWith(/from 'node:net'/)).toEqual(['fieldbus/tcp-line.ts']);
    expect(filesWith(/modbus-serial/)).toEqual([]);
  });

  it('is never called a write: no name of a writing function occurs', () => {
    expect(filesWith(/write(Single|Multiple)?(Coil|Register)|forceCoil|presetRegister|maskWrite/i)).toEqual(
      [],
    );
  });
});
