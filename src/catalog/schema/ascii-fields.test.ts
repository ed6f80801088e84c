import { expect, it } from 'vitest';
import { asciiFieldsSchema } from './ascii-fields.ts';

const text = (characters: string) => ({ part: 'text', text: characters });
const inputs = { part: 'bits', digits: 4, means: 'loop-occupied', channel: 1, channels: 16 };

function described(reply: readonly object[]) {
  return {
    name: 'ascii-fields',
    end: '\r',
    checksum: 'none',
    exchanges: [{ name: 'inputs', request: [text('$'), { part: 'unit', base: 'hex' }], reply }],
    refusal: [text('?')],
  };
}

it('a line is described part by part, and contacts are not inverted unless it is said', () => {
  const parsed = asciiFieldsSchema.parse(described([text('!'), inputs, { part: 'skip', characters: 2 }]));
  expect(parsed.exchanges[0]?.reply[1]).toEqual({ ...inputs, invert: false });
});

it.each([
  [
    'that says nothing about a loop',
    [text('!'), { part: 'skip', characters: 2 }],
    'says something about a loop',
  ],
  ['with more channels than bits', [{ ...inputs, digits: 3 }], 'no more channels than bits'],
  ['with a part that there is not', [{ part: 'float', digits: 3 }], 'Invalid'],
  ['with an expression', [{ ...inputs, scale: 'x * 10' }], 'Unrecognized key'],
  ['with a line end inside', [text('!\r'), inputs], 'printable'],
  [
    'with a counter of a width that there is not',
    [{ ...inputs, part: 'vehicle-count', bits: 24 }],
    'Invalid',
  ],
])('an answer %s is refused', (_, reply, reason) => {
  const parsed = asciiFieldsSchema.safeParse(described(reply));
  expect(parsed.success).toBe(false);
  expect(parsed.error?.message).toContain(reason);
});
