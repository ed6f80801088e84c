/** How one serial port is scanned: listened to, then asked at one setting after the other. */
import { createRtuMaster } from '../rtu-master.ts';
import { charTimeMs, rtuTiming } from '../rtu-timing.ts';
import { createSerialOpener } from '../serial-line.ts';
import { createEar } from './ear.ts';
import { askFamilies } from './family-questions.ts';
import { frameTalker } from './frame-talker.ts';
import { modbusTalker } from './modbus-talker.ts';
import { createScanLine } from './scan-line.ts';
import type { LineProgress } from './scan-progress.ts';
import { type Load, loadOf, modbusUnits, type SerialStep, serialSteps } from './scan-steps.ts';
import {
  type Course,
  giveUp,
  isTraffic,
  type Place,
  type ScanTools,
  STRAY_BURSTS_OF_A_MASTER,
  tell,
  tellProgress,
  tellSpeakers,
  textOf,
  waitUntil,
} from './scan-tools.ts';
import { probeUnit } from './unit-probe.ts';

export function loadOfPort({ plan }: Pick<ScanTools, 'plan'>): Load {
  const steps = serialSteps(plan);
  const modbus = steps.filter(({ asksModbus }) => asksModbus).flatMap(() => modbusUnits(plan));
  return loadOf(
    steps.flatMap(({ families }) => families),
    modbus.map(() => plan.responseTimeoutMs),
  );
}

/** Modbus at one setting of the port after the other, then frames, until something answers or is heard. */
export async function scanSerialPort(path: string, tools: ScanTools): Promise<void> {
  const progress = tools.progress.line(loadOfPort(tools).questions);
  const steps = serialSteps(tools.plan);
  let course = await listenFirst(path, steps, tools);
  for (const ask of [askModbus, askFrames]) {
    for (const step of steps) {
      if (course === 'over' || (course === 'found' && !tools.plan.thorough) || tools.isStopped()) break;
      const next = await ask(path, { step, progress }, tools);
      if (next !== 'nobody') course = next;
    }
  }
  progress.end();
}

/** A line on which somebody talks is asked nothing; who it is may be recognised at the right setting. */
async function listenFirst(path: string, steps: readonly SerialStep[], tools: ScanTools): Promise<Course> {
  let firstBytes = 0;
  for (const step of steps) {
    if (firstBytes > 0 && step.candidates.length === 0) continue;
    if (tools.isStopped()) return 'over';
    const heard = await listen(path, step, tools);
    if (typeof heard === 'string') return giveUp(path, heard, tools);
    if (heard.isRecognised) return 'over';
    if (firstBytes === 0 && !isTraffic(heard.bytes)) return 'nobody';
    if (firstBytes === 0) firstBytes = heard.bytes;
  }
  tools.say({ finding: 'line-busy', path, bytes: firstBytes });
  return 'over';
}

/** Why the port cannot be opened, or what was heard at this setting. */
async function listen(
  path: string,
  { settings, candidates }: SerialStep,
  tools: ScanTools,
): Promise<string | { readonly bytes: number; readonly isRecognised: boolean }> {
  const ear = createEar(candidates);
  const place: Place = { path, protocol: 'serial-frames', ...settings };
  const now = `${path} ${textOf(place)}: listening 监听`;
  tools.say({ finding: 'progress', done: 0, of: 0, now: now.slice(0, 200) });
  const line = createScanLine({
    open: createSerialOpener(place),
    openTalker: frameTalker(charTimeMs(place)),
    mayHangUp: false,
    onUnasked: (bytes) => ear.hear(bytes),
  });
  return await tools.using(line, async () => {
    const why = await line.opened();
    if (why !== null) return why;
    // Whoever could not be recognised by his frames here is no use to listen to for longer.
    const isEnough = (): boolean =>
      ear.speakers.length > 0 || (candidates.length === 0 && isTraffic(ear.heardBytes));
    await waitUntil(isEnough, tools.plan.listenMs, tools);
    // One frame is no proof, and nobody who is silent for longer would have been heard at all.
    if (ear.isHopeful) await waitUntil(isEnough, tools.plan.listenMs, tools);
    return { bytes: ear.heardBytes, isRecognised: tellSpeakers(place, ear, tools) };
  });
}

interface StepWork {
  readonly step: SerialStep;
  readonly progress: LineProgress;
}

async function askFrames(path: string, { step, progress }: StepWork, tools: ScanTools): Promise<Course> {
  const { families, candidates, settings } = step;
  if (families.length === 0) return 'nobody';
  const place: Place = { path, protocol: 'serial-frames', ...settings };
  const open = createSerialOpener(place);
  const course = await askFamilies({ open, place, families, candidates, progress }, tools);
  if (course.kind === 'closed') return giveUp(path, course.why, tools);
  if (course.kind !== 'busy') return course.kind;
  tools.say({ finding: 'line-busy', path, bytes: course.bytes });
  return 'over';
}

async function askModbus(path: string, { step, progress }: StepWork, tools: ScanTools): Promise<Course> {
  if (!step.asksModbus) return 'nobody';
  const { plan } = tools;
  const place: Place = { path, protocol: 'modbus-rtu', ...step.settings };
  const line = createScanLine({
    open: createSerialOpener(place),
    openTalker: modbusTalker(
      (open, listener) => createRtuMaster(open, rtuTiming(place), listener),
      plan.responseTimeoutMs,
    ),
    mayHangUp: false,
  });
  return await tools.using(line, async () => {
    let course: Course = 'nobody';
    for (const unit of modbusUnits(plan)) {
      if (tools.isStopped()) return 'over';
      tellProgress(progress, `${path} ${textOf(place)} unit ${unit}`, tools);
      const probe = await probeUnit(unit, plan, (request) => line.ask(request));
      if (probe.kind === 'closed') return giveUp(path, probe.why, tools);
      if (line.strayBursts >= STRAY_BURSTS_OF_A_MASTER) {
        tools.say({ finding: 'line-busy', path, bytes: line.heardBytes });
        return 'over';
      }
      tell(place, unit, probe, tools);
      if (probe.kind === 'found') course = 'found';
    }
    return course;
  });
}
