/** Who calls us: a port is opened for a while, and callers are recognised by the frames that they send. */
import type { BusScanConfiguration } from '../../contract.ts';
import type { Line } from '../line.ts';
import { createLineKeeper } from '../line-keeper.ts';
import { createListenOpener, type ListeningPort } from '../tcp-listener.ts';
import { createEar, type Ear } from './ear.ts';
import { giveUp, isTraffic, peerPlace, type ScanTools, tellSpeakers, waitUntil } from './scan-tools.ts';

const CALLERS_AT_MOST = 64;

/** Nothing is answered: a caller that wants an answer calls again when the agent listens. */
export async function scanCallers(
  caller: BusScanConfiguration['callers'][number],
  tools: ScanTools,
): Promise<void> {
  const path = `${caller.bind}:${caller.port}`;
  const candidates = tools.plan.frames;
  const calls: { readonly line: Line; readonly ear: Ear }[] = [];
  let problem: string | null = null;
  const keeper = createLineKeeper<ListeningPort>({
    open: createListenOpener(caller, (line) => {
      const ear = createEar(candidates);
      if (calls.length < CALLERS_AT_MOST) calls.push({ line, ear });
      else void line.close();
      return { onBytes: (bytes) => ear.hear(bytes), onClosed: () => undefined };
    }),
    medium: 'tcp',
    onBytes: () => undefined,
    onChange: (change) => {
      problem = change.kind === 'open' ? null : change.why;
    },
  });
  await tools.using(keeper, async () => {
    tools.say({ finding: 'progress', done: 0, of: 0, now: `listening on ${path}` });
    await waitUntil(() => problem !== null, tools.plan.callersMs, tools);
    if (problem !== null) giveUp(path, problem, tools);
    const place = peerPlace(path, 'tcp-frames-server');
    const heard = new Set<string>();
    for (const { ear, line } of calls) {
      const isNew = ear.speakers.some(({ identity, address }) => !heard.has(`${identity} ${address}`));
      for (const { identity, address } of ear.speakers) heard.add(`${identity} ${address}`);
      if (isNew) tellSpeakers(place, ear, tools);
      const { heardBytes: bytes } = ear;
      if (ear.speakers.length === 0 && isTraffic(bytes)) tools.say({ finding: 'stranger', path, bytes });
      await line.close();
    }
  });
}
