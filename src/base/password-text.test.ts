import { expect, it } from 'vitest';
import { passwordIn } from './password-text.ts';

it.each(['s3 cret', 's3 cret\n', 's3 cret\r\n', 's3 cret\n\n', '\uFEFFs3 cret\r\n'])(
  'what an editor adds to %j is no part of the password',
  (text) => {
    expect(passwordIn(text)).toBe('s3 cret');
  },
);

it('spaces are part of the password', () => {
  expect(passwordIn(' s3 \n')).toBe(' s3 ');
});
