import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RESTART_POLICY } from '../../src/runtime/child-policy.ts';
import { type ChildDown, createChildProcess } from '../../src/runtime/child-process.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { programFile } from '../../src/runtime/program-file.ts';

interface Heard {
  readonly type: string;
  readonly environment?: Record<string, string>;
  readonly execArgv?: readonly string[];
}

const KNOWN = ['hello', 'tick', 'echo', 'last-words'];

function parse(raw: unknown): Heard {
  const heard = raw as Heard;
  if (!KNOWN.includes(heard.type)) throw new Error(`unknown type ${heard.type}`);
  return heard;
}

const running: { stop(deadlineMs: number): Promise<void> }[] = [];

function startChild(options: { manner?: string; silentMs?: number; file?: string; quickMs?: number } = {}) {
  const heard: Heard[] = [];
  const downs: ChildDown[] = [];
  const lines: string[] = [];
  const ups: number[] = [];
  const child = createChildProcess<{ type: string }, Heard>({
    name: 'odd',
    file: options.file ?? programFile(import.meta.url, './runtime-fixtures/odd-child'),
    args: [options.manner ?? 'healthy'],
    parse,
    politeStop: { type: 'stop' },
    onUp: () => ups.push(child.pid ?? 0),
    onValue: (value) => heard.push(value),
    onDown: (down) => downs.push(down),
    logger: createLogger({ level: 'info', write: (line) => lines.push(line) }),
    limits: {
      silentMs: options.silentMs ?? 5000,
      restarts: { ...RESTART_POLICY, quickMs: options.quickMs ?? 10 },
    },
  });
  running.push(child);
  child.start();
  const hellos = () => heard.filter((value) => value.type === 'hello').length;
  return { child, heard, downs, lines, ups, hellos };
}

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

/** A process that ended and waits to be collected (state Z) is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((child) => child.stop(300)));
});

describe('a supervised child', () => {
  it('answers, and is told apart by its process id', async () => {
    const { child, heard, ups } = startChild();
    expect(child.send({ type: 'echo' })).toBe(true);
    await eventually(() => expect(heard).toContainEqual({ type: 'echo' }));
    expect(ups).toEqual([child.pid]);
    expect(child.state).toBe('running');
  });

  it('inherits no secret and no flag of its parent', async () => {
    vi.stubEnv('MQTT_PASSWORD', 'canary');
    const { heard } = startChild();
    await eventually(() => expect(heard[0]?.type).toBe('hello'));
    vi.unstubAllEnvs();
    expect(JSON.stringify(heard[0])).not.toContain('canary');
    expect(Object.keys(heard[0]?.environment ?? {})).toContain('PATH');
    expect(heard[0]?.execArgv).toEqual([]);
  });

  it('that crashes is heard to its last value, reported with its exit code and started again', async () => {
    const { child, heard, downs, lines, hellos } = startChild();
    await eventually(() => expect(hellos()).toBe(1));
    const firstPid = child.pid;
    child.send({ type: 'crash' });
    await eventually(() => expect(hellos()).toBe(2));
    expect(heard.map((value) => value.type)).toContain('last-words');
    expect(downs).toEqual([{ cause: 'ended', detail: 'exit code 3', restartInMs: 10, budgetSpent: false }]);
    expect(child.pid).not.toBe(firstPid);
    expect(lines.join('')).toContain('about to crash');
  });

  it('that hangs is killed and started again', async () => {
    const { child, downs, hellos } = startChild({ silentMs: 1000 });
    await eventually(() => expect(hellos()).toBe(1));
    const pid = child.pid ?? 0;
    child.send({ type: 'hang' });
    await eventually(() => expect(hellos()).toBeGreaterThan(1));
    expect(downs[0]).toMatchObject({
      cause: 'silent',
      detail: expect.stringMatching(/^no value for \d+ ms$/),
    });
    expect(isAlive(pid)).toBe(false);
  });

  it('that ticks within the limit is left alone', async () => {
    const { child, heard, downs } = startChild({ silentMs: 2000 });
    await eventually(() => expect(heard.length).toBeGreaterThan(60));
    expect(downs).toEqual([]);
    expect(child.counters.starts).toBe(1);
  });

  it('that sends what the contract does not know is killed, counted and started again', async () => {
    const { child, downs, hellos } = startChild();
    await eventually(() => expect(hellos()).toBe(1));
    child.send({ type: 'garbage' });
    await eventually(() => expect(hellos()).toBe(2));
    expect(downs[0]).toMatchObject({ cause: 'garbage', detail: 'value refused: unknown type unheard-of' });
    expect(child.counters.garbage).toBe(1);
  });

  it('whose program is missing spends its budget and is then started at growing pauses', async () => {
    const { downs } = startChild({ file: '/nonexistent.ts' });
    await eventually(() => expect(downs.length).toBeGreaterThanOrEqual(6));
    expect(downs.slice(0, 6).map((down) => down.budgetSpent)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(downs[5]?.restartInMs).toBeGreaterThanOrEqual(RESTART_POLICY.firstPauseMs / 2);
  });

  it('that does not read its values cannot pile them up here', async () => {
    const { child, hellos } = startChild();
    await eventually(() => expect(hellos()).toBe(1));
    process.kill(child.pid ?? 0, 'SIGSTOP');
    const bulky = { type: 'echo', ballast: 'x'.repeat(100_000) };
    const accepted = Array.from({ length: 200 }, () => child.send(bulky)).filter(Boolean).length;
    process.kill(child.pid ?? 0, 'SIGCONT');
    expect(accepted).toBeLessThanOrEqual(64);
    expect(child.counters.refusedSends).toBe(200 - accepted);
  });
});

describe('stopping a child', () => {
  it.each([
    ['a polite one leaves by itself', 'healthy'],
    ['a deaf one gets SIGTERM', 'deaf'],
    ['one that ignores SIGTERM gets SIGKILL', 'stubborn'],
  ])('%s', async (_title, manner) => {
    const { child, downs, hellos } = startChild({ manner });
    await eventually(() => expect(hellos()).toBe(1));
    const pid = child.pid ?? 0;
    await child.stop(600);
    expect(isAlive(pid)).toBe(false);
    expect(child.state).toBe('stopped');
    expect(child.pid).toBeNull();
    expect(child.send({ type: 'echo' })).toBe(false);
    expect(downs).toEqual([]);
  });

  it('during a pause ends the pause: nothing is started any more', async () => {
    const { child, downs } = startChild({ quickMs: 60_000, file: '/nonexistent.ts' });
    await eventually(() => expect(downs).toHaveLength(1));
    await child.stop(1000);
    expect(child.counters.starts).toBe(1);
    expect(child.state).toBe('stopped');
  });
});

it('a parent killed with SIGKILL leaves no child', async () => {
  const file = programFile(import.meta.url, './runtime-fixtures/parent');
  const parent = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const childPid = Number(chunk.toString().trim());
  expect(isAlive(childPid)).toBe(true);
  parent.kill('SIGKILL');
  await eventually(() => expect(isAlive(childPid)).toBe(false));
});
