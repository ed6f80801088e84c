/**
 * `npm run <script>` on a machine that has nothing but some Node and npm: brings the right Node, the packages
 * and the system's programs, then runs the command. What is there already costs a few milliseconds. This
 * folder is plain JavaScript with nothing but `node:` imports, because it runs before anything is installed,
 * on any Node from 20 on.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './commands.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureNode, environmentFor } from './node-runtime.mjs';
import { Refusal, say } from './refusal.mjs';
import { ensureTools } from './system-tools.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

async function launch([command, ...args]) {
  const run = Object.hasOwn(COMMANDS, command ?? '') ? COMMANDS[command] : undefined;
  if (run === undefined)
    throw new Refusal('usage', `launch.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
  const node = await ensureNode({ root, env: process.env });
  const env = environmentFor(node, process.env);
  await ensureDependencies({ root, node, env });
  await ensureTools({ command, env });
  return run({ root, node, env }, args);
}

try {
  process.exitCode = await launch(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  say(`${error.message}. ${error.remedy}`);
  process.exitCode = error.exitCode;
}
