import { describe, expect, it } from 'vitest';
import { certainIdOf, rowChecksum } from './checksums.ts';

const ROW = { id: 'a/b/flow/1', stream: 'flow', madeAtMs: 1, body: '{"id":"a/b/flow/1"}' } as const;

describe('a row that the disk has altered', () => {
  it('fits no checksum when a text has become bytes that read the same', () => {
    // What SQLite hands out when a flipped bit changes a value's type and nothing else.
    const altered: object = { ...ROW, body: Buffer.from(ROW.body) };
    expect(rowChecksum(altered as typeof ROW)).not.toBe(rowChecksum(ROW));
    expect(rowChecksum(ROW)).toBeGreaterThanOrEqual(0);
  });

  it('is called by its name as long as both copies of that agree, and else by none', () => {
    expect(certainIdOf({ ...ROW, body: `${ROW.body.slice(0, -1)},"count":9}` })).toBe(ROW.id);
    expect(certainIdOf({ ...ROW, id: 'a/c/flow/1' })).toBe('');
    expect(certainIdOf({ id: null, body: null })).toBe('');
  });
});
