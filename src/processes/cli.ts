#!/usr/bin/env node
import { runCli } from '../cli/main.ts';

const code = await runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
});
process.exitCode = code;
