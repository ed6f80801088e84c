/** How one TCP peer is scanned: Modbus TCP, RTU frames through it, then devices with frames of their own. */
import type { BusScanConfiguration } from '../../contract.ts';
import type { OpenLine } from '../line.ts';
import type { MasterListener, ModbusMaster } from '../modbus-master.ts';
import { createRtuMaster } from '../rtu-master.ts';
import { rtuTiming } from '../rtu-timing.ts';
import { createTcpOpener } from '../tcp-line.ts';
import { createTcpMaster } from '../tcp-master.ts';
import { createEar } from './ear.ts';
import { askFamilies } from './family-questions.ts';
import { frameTalker } from './frame-talker.ts';
import { modbusTalker } from './modbus-talker.ts';
import { createScanLine } from './scan-line.ts';
import type { LineProgress } from './scan-progress.ts';
import { calledFamilies, type Load, loadOf, modbusUnits } from './scan-steps.ts';
import {
  type Course,
  giveUp,
  isTraffic,
  peerPlace,
  type ScanTools,
  tell,
  tellProgress,
  tellSpeakers,
  waitUntil,
} from './scan-tools.ts';
import { probeUnit, type UnitProbe } from './unit-probe.ts';

type Peer = BusScanConfiguration['peers'][number];

/** A reserved number (Modbus over Serial Line V1.02, 2.2): who answers to it answers to any. */
const NOBODYS_UNIT = 250;
/** The line behind a device server is not seen; this only sets the pauses between frames. */
const LINE_BEHIND = { baud: 9600, parity: 'none', stopBits: 1 } as const;

/**
 * A reply proves the framing that it came in: Modbus TCP by transaction number, protocol and length, RTU by its
 * CRC. Modbus TCP is asked first, because a card behind a device server takes it for noise without a CRC.
 */
const FRAMINGS: readonly {
  readonly protocol: 'modbus-tcp' | 'modbus-rtu-over-tcp';
  readonly openMaster: (open: OpenLine, listener: MasterListener) => ModbusMaster;
}[] = [
  { protocol: 'modbus-tcp', openMaster: createTcpMaster },
  {
    protocol: 'modbus-rtu-over-tcp',
    openMaster: (open, listener) => createRtuMaster(open, rtuTiming(LINE_BEHIND, 'tcp'), listener),
  },
];

export function loadOfPeer({ plan }: Pick<ScanTools, 'plan'>): Load {
  const modbus = FRAMINGS.flatMap(() => modbusUnits(plan));
  return loadOf(
    calledFamilies(plan),
    modbus.map(() => plan.responseTimeoutMs),
  );
}

/** `over` from one protocol: the peer does not want to hear of it, which says nothing about the others. */
export async function scanPeer(peer: Peer, tools: ScanTools): Promise<void> {
  const progress = tools.progress.line(loadOfPeer(tools).questions);
  const path = `${peer.host}:${peer.port}`;
  let course = await listen(peer, path, tools);
  const refusals: string[] = [];
  for (const framing of FRAMINGS) {
    if (course !== 'nobody' || tools.isStopped()) break;
    const asked = await askModbus(peer, { ...framing, path, progress }, tools);
    if (asked.kind === 'closed') refusals.push(asked.why);
    if (asked.kind === 'found') course = 'found';
  }
  if (course === 'nobody' && !tools.isStopped()) {
    const candidates = tools.plan.frames.filter(({ isCalled }) => isCalled);
    const frames = await askFamilies(
      {
        open: createTcpOpener(peer),
        place: peerPlace(path, 'tcp-frames'),
        families: calledFamilies(tools.plan),
        candidates,
        progress,
      },
      tools,
    );
    if (frames.kind === 'closed') refusals.push(frames.why);
    if (frames.kind === 'busy') tools.say({ finding: 'line-busy', path, bytes: frames.bytes });
    const [why] = refusals;
    if (frames.kind !== 'found' && why !== undefined && refusals.length > FRAMINGS.length) {
      giveUp(path, why, tools);
    }
  }
  progress.end();
}

async function listen(peer: Peer, path: string, tools: ScanTools): Promise<Course> {
  const ear = createEar(tools.plan.frames.filter(({ isCalled }) => isCalled));
  const line = createScanLine({
    open: createTcpOpener(peer),
    openTalker: frameTalker(0),
    mayHangUp: true,
    onUnasked: (bytes) => ear.hear(bytes),
  });
  return await tools.using(line, async () => {
    const why = await line.opened();
    if (why !== null) return giveUp(path, why, tools);
    await waitUntil(() => ear.speakers.length > 0, tools.plan.listenMs, tools);
    if (tellSpeakers(peerPlace(path, 'tcp-frames'), ear, tools)) return 'over';
    if (!isTraffic(ear.heardBytes)) return 'nobody';
    tools.say({ finding: 'line-busy', path, bytes: ear.heardBytes });
    return 'over';
  });
}

async function askModbus(
  peer: Peer,
  on: (typeof FRAMINGS)[number] & { readonly path: string; readonly progress: LineProgress },
  tools: ScanTools,
): Promise<{ readonly kind: 'nobody' | 'found' } | { readonly kind: 'closed'; readonly why: string }> {
  const { plan } = tools;
  const { path, protocol } = on;
  const place = peerPlace(path, protocol);
  const line = createScanLine({
    open: createTcpOpener(peer),
    openTalker: modbusTalker(on.openMaster, plan.responseTimeoutMs),
    mayHangUp: true,
  });
  const ask = (unit: number): Promise<UnitProbe> => probeUnit(unit, plan, (request) => line.ask(request));
  return await tools.using(line, async () => {
    let kind: 'nobody' | 'found' = 'nobody';
    for (const unit of modbusUnits(plan)) {
      if (tools.isStopped()) break;
      tellProgress(on.progress, `${path} ${protocol} unit ${unit}`, tools);
      const probe = await ask(unit);
      if (probe.kind === 'closed') return kind === 'found' ? { kind } : probe;
      const isFirst = probe.kind === 'found' && kind === 'nobody';
      if (isFirst && (await ask(NOBODYS_UNIT)).kind === 'found') {
        tell(place, unit, { ...probe, detail: `${probe.detail}; answers to every unit number` }, tools);
        return { kind: 'found' };
      }
      if (probe.kind === 'found') kind = 'found';
      tell(place, unit, probe, tools);
    }
    return { kind };
  });
}
