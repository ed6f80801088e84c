import { RoadsideError } from '../base/errors.ts';
import { closest } from '../catalog/load/suggest.ts';
import { CHINESE_HINTS } from './chinese-hints.table.ts';
import type { CommandIo } from './command-io.ts';

interface Command {
  readonly usage: string;
  readonly summary: string;
  /** Loads the command only when it is called, so that `check` starts without a database or a broker. */
  readonly load: () => Promise<Program>;
}

interface Program {
  /** Every option, for `--help` and for who got one wrong. */
  readonly usage: string;
  readonly run: (args: readonly string[], io: CommandIo) => Promise<number>;
}

const HELP_WORDS: readonly string[] = ['help', '--help', '-h'];

const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    usage: 'run SITE.yaml [--record FILE] [--drivers DIR] [--log-level LEVEL]',
    summary: 'run the gateway until it is stopped · 运行网关',
    load: async () => {
      const program = await import('./commands/run.ts');
      return { run: program.runGateway, usage: program.RUN_USAGE };
    },
  },
  check: {
    usage: 'check SITE.yaml [--drivers DIR] [--json]',
    summary: 'check a site file without touching a device · 检查配置文件',
    load: async () => {
      const program = await import('./commands/check.ts');
      return { run: program.runCheck, usage: program.CHECK_USAGE };
    },
  },
  status: {
    usage: 'status [--socket FILE] [--json]',
    summary: 'show how a running gateway is doing · 查看运行状态',
    load: async () => {
      const program = await import('./commands/status.ts');
      return { run: program.runStatus, usage: program.STATUS_USAGE };
    },
  },
  scan: {
    usage: 'scan [--port PATH…] [--tcp HOST:PORT…] [--units 1-32] [--baud …] [--yes]',
    summary: 'look for cards on serial lines and Modbus TCP · 扫描总线上的设备',
    load: async () => {
      const program = await import('./commands/scan.ts');
      return { run: program.runScan, usage: program.SCAN_USAGE };
    },
  },
  watch: {
    usage: 'watch [--socket FILE] [--lane LANE] [--json]',
    summary: 'drive over it: live lamps of every loop · 过车测试，实时显示线圈',
    load: async () => {
      const program = await import('./commands/watch.ts');
      return { run: program.runWatch, usage: program.WATCH_USAGE };
    },
  },
  faults: {
    usage: 'faults [--since 24h] [--store FILE | --socket FILE] [--json]',
    summary: 'the fault journal: what was wrong, from when to when · 故障日志',
    load: async () => {
      const program = await import('./commands/faults.ts');
      return { run: program.runFaults, usage: program.FAULTS_USAGE };
    },
  },
  audit: {
    usage: 'audit verify [--expect NUMBER:HASH] | audit list [--last N] [--json]',
    summary: 'who did what to this agent; proves that nothing was altered · 审计记录',
    load: async () => {
      const program = await import('./commands/audit.ts');
      return { run: program.runAudit, usage: program.AUDIT_USAGE };
    },
  },
  evidence: {
    usage: 'evidence list [--json] | evidence get INCIDENT [--out DIR]',
    summary: 'pictures and clips of incidents: list, fetch and check · 事件图片和录像',
    load: async () => {
      const program = await import('./commands/evidence.ts');
      return { run: program.runEvidence, usage: program.EVIDENCE_USAGE };
    },
  },
  export: {
    usage: 'export hires --from ISO --to ISO [--store FILE | --socket FILE] [--out FILE]',
    summary: 'write the high-resolution log as CSV · 导出高分辨率检测记录',
    load: async () => {
      const program = await import('./commands/export.ts');
      return { run: program.runExport, usage: program.EXPORT_USAGE };
    },
  },
  drivers: {
    usage: 'drivers list|lint|test|new … [--drivers DIR]',
    summary: 'list, check, try and begin driver files · 设备驱动文件',
    load: async () => {
      const program = await import('./commands/drivers.ts');
      return { run: program.runDrivers, usage: program.DRIVERS_USAGE };
    },
  },
  models: {
    usage: 'models list|verify|bench|add … [--models DIR]',
    summary: 'the detector models: check, measure, add your own · 检测模型',
    load: async () => {
      const program = await import('./commands/models.ts');
      return { run: program.runModels, usage: program.MODELS_USAGE };
    },
  },
  demo: {
    usage: 'demo [--seconds N] [--json FILE] [--seed N]',
    summary: 'watch the gateway measure a virtual intersection · 虚拟路口演示',
    load: async () => {
      const program = await import('./commands/demo.ts');
      return { run: program.runDemo, usage: program.DEMO_USAGE };
    },
  },
  replay: {
    usage: 'replay RECORDING',
    summary: 'fold recorded observations into records again · 回放记录',
    load: async () => {
      const program = await import('./commands/replay.ts');
      return { run: program.runReplay, usage: program.REPLAY_USAGE };
    },
  },
  contract: {
    usage: 'contract [--check] [--schema STREAM]',
    summary: 'write the AsyncAPI document of what is published · 生成接口文档',
    load: async () => {
      const program = await import('./commands/contract.ts');
      return { run: program.contractCommand, usage: program.CONTRACT_USAGE };
    },
  },
};

/** Runs one command line; returns the exit code. */
export async function runCli(args: readonly string[], io: CommandIo): Promise<number> {
  // `roadside help scan`, `roadside scan --help` and `roadside drivers new -h` all ask for help.
  const asksForHelp = (word: string, at: number): boolean =>
    HELP_WORDS.includes(word) && (at === 0 || word !== 'help');
  const wantsHelp = args.some(asksForHelp);
  const [name, ...rest] = args.filter((word, at) => !asksForHelp(word, at));
  if (name === undefined) {
    io.out(usageText());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const near = closest(name, Object.keys(COMMANDS));
    const meant = near === null ? '' : ` Did you mean "${near}"? 是否应为 "${near}"？`;
    io.error(`There is no command "${name}" 没有这个命令。${meant}\n\n${usageText()}`);
    return 2;
  }
  try {
    const { run, usage } = await command.load();
    if (!wantsHelp) return await run(rest, io);
    io.out(`${command.summary}\n\n${usage}`);
    return 0;
  } catch (error) {
    io.error(explain(error));
    return 1;
  }
}

/** An error as a technician reads it: what happened, what to do, and both again in Chinese. */
export function explain(error: unknown): string {
  if (!(error instanceof RoadsideError)) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const hints = [error.hint, CHINESE_HINTS[error.code]].map(
    (hint) => `  → ${hint.replaceAll('\n', '\n    ')}`,
  );
  return [`${error.code}: ${error.message}`, ...hints].join('\n');
}

/** Two lines a command, for an 80-column terminal: how it is called, and what it does. */
export function usageText(): string {
  const lines = Object.values(COMMANDS).flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`]);
  return ['roadside: the agent in the traffic cabinet · 路侧交通采集网关', '', ...lines].join('\n');
}
