/** A parent to be killed: supervises one child and prints that child's process id. */
import { createChildProcess } from '../../../src/runtime/child-process.ts';
import { createLogger } from '../../../src/runtime/logger.ts';
import { programFile } from '../../../src/runtime/program-file.ts';

const child = createChildProcess({
  name: 'odd',
  file: programFile(import.meta.url, './odd-child'),
  parse: (raw) => raw,
  politeStop: { type: 'stop' },
  onUp: () => process.stdout.write(`${child.pid}\n`),
  onValue: () => undefined,
  onDown: () => undefined,
  logger: createLogger({ level: 'silent' }),
});
child.start();
