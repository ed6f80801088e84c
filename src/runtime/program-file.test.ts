import { expect, it } from 'vitest';
import { programFile } from './program-file.ts';

it('a program has the extension of its caller: .ts from source, .js when built', () => {
  expect(programFile('file:///opt/a/src/app/compose.ts', '../processes/vision')).toBe(
    '/opt/a/src/processes/vision.ts',
  );
  expect(programFile('file:///opt/a/dist/app/compose.js', '../processes/vision')).toBe(
    '/opt/a/dist/processes/vision.js',
  );
});
