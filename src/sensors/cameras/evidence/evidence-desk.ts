import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicMs } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import { round } from '../../../base/units.ts';
import type { EvidenceKept, KeptFile, Observation } from '../../../traffic/observations/observation.ts';
import { evidenceName } from '../../contract/evidence-name.ts';
import type { EvidencePlan, EvidenceRequest } from '../../contract/evidence-plan.ts';
import type { CameraPlan, SensorHealth } from '../../contract.ts';
import { areasToBlur } from './blur-policy.ts';
import { type CameraEvidence, createCameraEvidence } from './camera-evidence.ts';
import { type EvidenceFolder, openEvidenceFolder } from './evidence-folder.ts';
import { writeIncidentClip } from './incident-clip.ts';
import { makeIncidentPicture } from './incident-picture.ts';

/** Keeps the evidence of all cameras of the process: their rings, and the files of incidents. */
export interface EvidenceDesk {
  /** A camera's ring; one for each camera of the process. */
  camera(plan: Pick<CameraPlan, 'id' | 'picture'>): CameraEvidence;
  /** Picture and clip are claimed as they get ready. What cannot be kept is a fault, never a throw. */
  keep(request: EvidenceRequest): void;
  health(): SensorHealth;
  close(): Promise<void>;
}

export interface EvidenceDeskOptions {
  readonly plan: EvidencePlan;
  readonly ffmpeg?: string;
  observe(observations: readonly Observation[]): void;
}

/** The name under which the desk claims faults and tells its figures. */
const EVIDENCE_SENSOR = 'evidence';
const FAULT_CODE = 'evidence-refused';
/** Incidents of one process whose evidence is not whole yet; each holds a ring's memory for seconds. */
const REQUESTS_LIMIT = 16;
/** The index of an MP4 is a small share of it. */
const INDEX_BYTES = 256 * 1024;
const BYTES_PER_MEGABYTE = 1024 * 1024;

export function createEvidenceDesk(options: EvidenceDeskOptions): EvidenceDesk {
  const { plan, observe, ffmpeg = 'ffmpeg' } = options;
  const cameras = new Map<
    string,
    { readonly evidence: CameraEvidence; readonly plan: Pick<CameraPlan, 'picture'> }
  >();
  let folder: EvidenceFolder | null = null;
  let pending = 0;
  let refused = 0;
  let missed = 0;
  /** One file at a time: ffmpeg may have one core for a second, but not all of them. */
  let work: Promise<void> = Promise.resolve();
  let closing = false;
  const problems = createProblemFault((active, detail) => {
    const fault = { sensor: EVIDENCE_SENSOR, layer: 'process', code: FAULT_CODE } as const;
    observe([{ kind: 'sensor-fault', ...fault, active, atMs: monotonicMs(), detail: detail.slice(0, 500) }]);
  });

  const openFolder = (): EvidenceFolder => {
    folder ??= openEvidenceFolder(plan);
    return folder;
  };
  /** Runs when the files asked for before are done; a file that fails is a problem until one succeeds. */
  const inTurn = (make: () => Promise<KeptFile | null>): Promise<KeptFile | null> => {
    const made = work.then(async () => {
      if (closing) return null;
      try {
        const file = await make();
        if (file !== null) problems.report('files', null);
        return file;
      } catch (error) {
        problems.report('files', messageOf(error));
        return null;
      }
    });
    work = made.then(() => undefined);
    return made;
  };
  const claim = ({ incident, camera }: EvidenceRequest, file: KeptFile | null): void => {
    if (file === null) {
      missed += 1;
      return;
    }
    const kept: EvidenceKept = {
      kind: 'evidence-kept',
      incident,
      camera,
      files: [file],
      atMs: monotonicMs(),
    };
    observe([kept]);
  };

  const keepPicture = async (request: EvidenceRequest, from: CameraEvidence): Promise<void> => {
    const { incident, atMs, marks, caption, camera } = request;
    await from.heldUntil(atMs);
    const configured = cameras.get(camera)?.plan.picture;
    const make = async (): Promise<KeptFile | null> => {
      const cut = from.cut({ fromMs: atMs, atMs, toMs: atMs });
      const seen = plan.blur === 'none' ? [] : from.seenAround(atMs);
      // Where nobody knows what to blur, the policy leaves nothing that may be kept.
      if (cut === null || seen === null || configured === undefined) return null;
      const annotation = { configured, marks, caption, blur: areasToBlur(seen) };
      const jpeg = await makeIncidentPicture({ ffmpeg, cut, atMs, annotation });
      const name = evidenceName(incident, 'picture');
      const stored = await openFolder().store(name, jpeg.length, (part) =>
        writeFile(part, jpeg, { mode: 0o600 }),
      );
      return { kind: 'picture', ...stored, fromMs: atMs, toMs: atMs };
    };
    claim(request, await inTurn(make));
  };
  const keepClip = async (request: EvidenceRequest, from: CameraEvidence): Promise<void> => {
    const { incident, fromMs, atMs, toMs } = request;
    await from.heldUntil(toMs);
    const make = async (): Promise<KeptFile | null> => {
      const cut = from.cut({ fromMs, atMs, toMs });
      if (cut === null) return null;
      const write = (file: string): Promise<void> => writeIncidentClip({ ffmpeg, cut, file });
      const stored = await openFolder().store(evidenceName(incident, 'clip'), cut.bytes + INDEX_BYTES, write);
      return { kind: 'clip', ...stored, fromMs: cut.fromMs, toMs: cut.toMs };
    };
    claim(request, await inTurn(make));
  };

  try {
    openFolder();
  } catch (error) {
    problems.report('files', messageOf(error));
  }

  return {
    camera({ id, picture }) {
      const evidence = createCameraEvidence({
        folder: join(plan.ringFolder, id),
        spanMs: plan.beforeMs + plan.afterMs,
        monoMs: monotonicMs,
        onProblem: (problem) => problems.report(`stream of ${id}`, problem),
      });
      cameras.set(id, { evidence, plan: { picture } });
      return evidence;
    },
    keep(request) {
      const from = cameras.get(request.camera)?.evidence;
      if (from === undefined || pending >= REQUESTS_LIMIT) {
        refused += 1;
        return;
      }
      pending += 1;
      // A clip is not re-encoded, so nothing in it can be blurred: the policy leaves the picture alone.
      const clip = plan.blur === 'none' ? keepClip(request, from) : Promise.resolve();
      void Promise.all([keepPicture(request, from), clip]).finally(() => {
        pending -= 1;
      });
    },
    health() {
      const held = [...cameras.values()].map(({ evidence }) => evidence);
      const megabytes = (bytes: number): number => round(bytes / BYTES_PER_MEGABYTE, 1);
      return {
        sensor: EVIDENCE_SENSOR,
        state: problems.note === '' ? 'working' : 'failing',
        figures: {
          files: folder?.files ?? 0,
          megabytes: megabytes(folder?.bytes ?? 0),
          removedFiles: folder?.removed ?? 0,
          pendingIncidents: pending,
          refusedIncidents: refused,
          missedFiles: missed,
          ringMegabytes: megabytes(held.reduce((sum, { ringBytes }) => sum + ringBytes, 0)),
          lostFragments: held.reduce((sum, { lost }) => sum + lost, 0),
        },
        note: (problems.note || `${folder?.files ?? 0} files, ${folder?.removed ?? 0} gave way`).slice(
          0,
          300,
        ),
      };
    },
    async close() {
      closing = true;
      await Promise.all([...cameras.values()].map(({ evidence }) => evidence.close()));
      await work;
    },
  };
}

/** One fault for several sources of trouble: open while any of them has some. */
function createProblemFault(claim: (active: boolean, detail: string) => void): {
  report(source: string, problem: string | null): void;
  readonly note: string;
} {
  const open = new Map<string, string>();
  return {
    report(source, problem) {
      const before = open.size;
      if (problem === null) open.delete(source);
      else open.set(source, `${source}: ${problem}`);
      if (before === 0 && open.size > 0) claim(true, [...open.values()].join('; '));
      if (before > 0 && open.size === 0) claim(false, '');
    },
    get note() {
      return [...open.values()].join('; ');
    },
  };
}
