import { parseArgs } from 'node:util';
import { openGateway } from '../../app/compose.ts';
import { loadSite } from '../../catalog/load/load-site.ts';
import { driversDirsWith, shippedFolders } from '../../catalog/shipped.ts';
import { openControlServer } from '../../console/control-server.ts';
import { createLogger, type LogLevel } from '../../runtime/logger.ts';
import { installShutdown } from '../../runtime/shutdown.ts';
import { createSystemdNotifier } from '../../runtime/systemd.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage } from '../command-options.ts';

/** systemd's TimeoutStopSec is 15 s: we are gone before it kills us. */
const STOP_DEADLINE_MS = 10_000;
const LOG_LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** Runs the gateway until a signal ends it. */
export async function runGateway(args: readonly string[], _io: CommandIo): Promise<number> {
  const options = parseRunArgs(args);
  const logger = createLogger({ level: options.logLevel });
  const loaded = await loadSite(options.siteFile, options);
  const gateway = openGateway({
    loaded,
    logger,
    recordFile: options.recordFile,
    controls: {
      folders: options,
      logLevel: options.logLevel,
      setLogLevel: logger.setLevel,
      restart: () => shutdown.request('a command of the platform'),
    },
  });
  const control = await openControlServer(loaded.site.control.socket, gateway);
  const systemd = createSystemdNotifier({ logger });
  const stopFeeding = systemd.feedWatchdog(gateway.isHealthy);
  const shutdown = installShutdown({
    logger,
    deadlineMs: STOP_DEADLINE_MS + 2000,
    stop: async () => {
      void systemd.stopping();
      stopFeeding();
      await control.close();
      await gateway.stop(STOP_DEADLINE_MS);
    },
  });
  await systemd.ready();
  // The shutdown ends the process.
  return new Promise(() => undefined);
}

export const RUN_USAGE = `roadside run SITE.yaml [--record FILE] [--drivers DIR] [--models DIR]
    [--log-level LEVEL]`;

interface RunOptions {
  readonly siteFile: string;
  readonly recordFile: string | null;
  readonly logLevel: LogLevel;
  readonly driversDirs: readonly string[];
  readonly modelsDir: string;
}

function parseRunArgs(args: readonly string[]): RunOptions {
  return parseUsage(RUN_USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        record: { type: 'string' },
        'log-level': { type: 'string', default: 'info' },
        drivers: { type: 'string', multiple: true, default: [] },
        models: { type: 'string', default: shippedFolders.modelsDir },
      },
    });
    const [siteFile, ...more] = positionals;
    if (siteFile === undefined || more.length > 0) throw new RangeError('expected one site file');
    const logLevel = values['log-level'];
    if (!LOG_LEVELS.includes(logLevel))
      throw new RangeError(`--log-level is one of ${LOG_LEVELS.join(', ')}`);
    return {
      siteFile,
      recordFile: values.record ?? null,
      logLevel: logLevel as LogLevel,
      driversDirs: driversDirsWith(values.drivers),
      modelsDir: values.models,
    };
  });
}
