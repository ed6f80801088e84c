import { randomBytes } from 'node:crypto';
import { createBoundedQueue } from '../base/bounded-queue.ts';
import { createSystemClock } from '../base/clock.ts';
import { deriveSiteDefinition } from '../catalog/derive/site-definition.ts';
import type { LoadedSite } from '../catalog/load/load-site.ts';
import type { Logger } from '../runtime/logger.ts';
import { programFile } from '../runtime/program-file.ts';
import { createTimeSync } from '../runtime/time-sync.ts';
import type { SensorConfiguration } from '../sensors/contract.ts';
import type { Audit } from '../store/audit.ts';
import type { LedgerQuery, LedgerRow } from '../store/ledger.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import { createAuditRuns } from './audit-runs.ts';
import type { ProcessControls } from './commands/carry-out.ts';
import { openCommandDesk } from './commands/open-command-desk.ts';
import { readEarlierRuns } from './earlier-runs.ts';
import { type ArchivedFile, createEvidenceArchive } from './evidence-archive.ts';
import { createEvidenceKeeper } from './evidence-keeper.ts';
import { openKeptStore } from './kept-store.ts';
import { createLoopLamps } from './loop-lamps.ts';
import { makeOverview, makeWatchView, type Overview, type WatchView } from './overview.ts';
import { planEvidence, planFieldbus, planUplinks, planVision } from './plans.ts';
import { openRecorder } from './recording.ts';
import { startSelfWatch } from './self-watch.ts';
import { gatewayFault, openSensorProcess, type SensorProcess } from './sensor-process.ts';
import { inventoryOf } from './site-inventory.ts';
import { openSparkplug } from './sparkplug.ts';
import { createTick, TICK_EVERY_MS } from './tick.ts';
import { createUplinks } from './uplinks.ts';
import { VERSION } from './version.ts';

/** Observations that wait for the next tick: 20 s of a busy cabinet. */
const INBOX_CAPACITY = 20_000;
/** The sensor processes' share of the stop deadline; the rest is for the records and the uplink. */
const SENSORS_STOP_SHARE = 0.4;
/** A tick later than this means that the gateway is hung, and the watchdog should know. */
const TICK_OVERDUE_MS = 5000;

export interface GatewayOptions {
  readonly loaded: LoadedSite;
  readonly logger: Logger;
  /** Where to record observations for `roadside replay`, or null. */
  readonly recordFile: string | null;
  /** What commands of the platform may do to the process. */
  readonly controls: ProcessControls;
}

/** The running agent. */
export interface Gateway {
  overview(): Overview;
  /** The loops and the faults alone: cheap enough to be asked for several times a second. */
  watch(): WatchView;
  readLedger(query: LedgerQuery): readonly LedgerRow[];
  readonly audit: Audit;
  /** Pictures and clips of incidents that are there, oldest first. */
  listEvidence(): Promise<readonly ArchivedFile[]>;
  /** Null when there is no file of this name. */
  readEvidence(name: string): Promise<AsyncIterable<Buffer> | null>;
  /** False when the tick has stopped making progress; sensors have their own watch. */
  isHealthy(): boolean;
  /** Stops in reverse order of starting: sensors, last records, uplink, store. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * The one composition root: downstream first, so that nothing is claimed before there is a place for it.
 *
 * @throws RoadsideError when the store cannot be opened or a secret cannot be read
 */
export function openGateway({ loaded, logger, recordFile, controls }: GatewayOptions): Gateway {
  const { site } = loaded;
  const definition = deriveSiteDefinition(loaded);
  const fieldbus = planFieldbus(loaded);
  const vision = planVision(loaded);
  const timeSync = createTimeSync();
  const clock = createSystemClock(() => timeSync.state());
  const boot = randomBytes(6).toString('hex');
  const startedMonoMs = clock.monoMs();

  const inbox = createBoundedQueue<Observation>(INBOX_CAPACITY);
  const claim = (faults: readonly Observation[]): void => {
    for (const fault of faults) inbox.push(fault);
  };
  const plans = planUplinks(loaded);
  const { store, stop: stopKeeping } = openKeptStore({
    loaded,
    boot,
    upstreams: plans,
    clock,
    logger,
    claim,
  });
  const earlier = readEarlierRuns(store);
  const runs = createAuditRuns(store, { loaded, boot, logger });
  runs.started();
  const evidence = planEvidence(loaded);
  const archive = createEvidenceArchive(evidence?.folder ?? null);
  const commands = openCommandDesk({
    ...{ loaded, boot, store, archive, clock, logger, controls },
    overview: () => overview(),
    notify: () => uplinks.notify(),
  });
  const uplinks = createUplinks({
    plans,
    site: definition.site,
    boot,
    store,
    inventory: inventoryOf(loaded),
    commands,
    clock,
    logger,
  });
  const keeper =
    evidence === null
      ? null
      : createEvidenceKeeper({
          definition,
          plan: evidence,
          utcOffsetMin: site.site.utcOffsetMin,
          ask: (request) => sensors.some((sensor) => sensor.keepEvidence(request)),
        });
  const lamps = createLoopLamps(definition);
  const observe = (observations: readonly Observation[]): void => {
    lamps.take(observations);
    keeper?.take(observations);
    for (const observation of observations) inbox.push(observation);
  };
  const tick = createTick({
    definition,
    boot,
    clock,
    inbox,
    store,
    earlier,
    passagesWaitMs: site.store.passagesWaitS * 1000,
    recorder: recordFile === null ? null : openRecorder(recordFile, { boot, definition, earlier }),
    onStored: () => uplinks.notify(),
    onRecords: (records, now) => {
      keeper?.onRecords(records, now);
      sparkplug?.offer(records);
    },
  });
  uplinks.start();
  const sparkplug = openSparkplug({ loaded, platform: plans[0], clock, logger });
  let lastTurnMs = clock.monoMs();
  const ticking = setInterval(() => {
    tick.turn();
    lastTurnMs = clock.monoMs();
  }, TICK_EVERY_MS);

  const open = (configuration: SensorConfiguration, file: string): SensorProcess =>
    openSensorProcess({ configuration, file, clock, logger, onObservations: observe });
  const sensors: SensorProcess[] = [];
  if (fieldbus !== null) sensors.push(open(fieldbus, programFile(import.meta.url, '../processes/fieldbus')));
  if (vision?.kind === 'planned') {
    sensors.push(open(vision.configuration, programFile(import.meta.url, '../processes/vision')));
  }
  if (vision?.kind === 'impossible') {
    const { model, problem } = vision;
    logger.error('working on loops only', { code: problem.code, text: problem.message, hint: problem.hint });
    observe([
      gatewayFault({
        sensor: model,
        layer: 'model',
        code: problem.code,
        detail: problem.message.slice(0, 500),
      }),
    ]);
  }
  const selfWatch = startSelfWatch({
    ...{ boot, clock, timeSync, store, claim, logger, overview },
    storeFile: site.store.file,
    healthEveryS: site.uplink.healthEveryS,
    uplinks: () => uplinks.overview(),
    notify: () => uplinks.notify(),
  });
  logger.info('gateway started', { site: definition.site, boot, configRev: loaded.configRev });

  function overview(): Overview {
    const { waiting, lost } = tick.unstored();
    return makeOverview({
      definition,
      version: VERSION,
      startedMonoMs,
      now: clock.now(),
      state: tick.state(),
      lamps,
      warnings: loaded.warnings,
      processes: sensors.map((sensor) => sensor.overview()),
      inbox: { waiting: inbox.size, refused: inbox.refused },
      store: { ...store.totals(), unstored: waiting, lost },
      uplinks: uplinks.overview(),
      commands: commands?.figures() ?? null,
      sparkplug: sparkplug?.status() ?? null,
    });
  }
  return {
    overview,
    watch: () => makeWatchView({ definition, state: tick.state(), lamps, now: clock.now() }),
    readLedger: (query) => store.readLedger(query),
    audit: store.audit,
    listEvidence: () => archive.list(),
    readEvidence: (name) => archive.read(name),
    isHealthy: () => clock.monoMs() - lastTurnMs < TICK_OVERDUE_MS,
    async stop(deadlineMs) {
      const deadlineAtMs = clock.monoMs() + deadlineMs;
      await Promise.all(sensors.map((sensor) => sensor.stop(deadlineMs * SENSORS_STOP_SHARE)));
      clearInterval(ticking);
      stopKeeping();
      selfWatch.stop();
      await tick.close();
      commands?.close();
      runs.stopped();
      uplinks.notify();
      const leftMs = Math.max(500, deadlineAtMs - clock.monoMs());
      await Promise.all([uplinks.stop(leftMs), sparkplug?.stop(leftMs)]);
      store.close();
      logger.info('gateway stopped', { boot });
    },
  };
}
