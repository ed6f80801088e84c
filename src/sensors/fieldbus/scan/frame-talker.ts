import { setTimeout as delay } from 'node:timers/promises';
import type { DeviceSession } from '../../loops/device-session.ts';
import type { OpenLine } from '../line.ts';
import { createLineKeeper, type LineChange } from '../line-keeper.ts';
import { createLineSilence } from '../line-silence.ts';
import type { AskOutcome } from '../polled-bus.ts';
import { createSessionPort, REPLY_PAUSE_MS, type SessionPort } from '../session-port.ts';
import type { Talker } from './scan-line.ts';

/** The first exchange of a session, as the agent would ask it. */
export interface FrameQuestion {
  readonly session: DeviceSession;
  readonly answersWithinMs: number;
}

/** Between a reply and the next request, as on a frame bus: transmitters have to switch off. */
const PAUSE_CHARACTERS = 3.5;
/** Fewer bytes are the glitch of a line driver that switches. */
const BURST_BYTES = 5;

/** Asks devices with frames of their own, one after the other. `charMs` is 0 where the wire is not ours. */
export function frameTalker(
  charMs: number,
): (
  open: OpenLine,
  listener: { onLineChange(change: LineChange): void },
) => Talker<FrameQuestion, AskOutcome> {
  return (open, listener) => {
    const pauseMs = PAUSE_CHARACTERS * charMs;
    const silence = createLineSilence(pauseMs);
    let port: SessionPort | null = null;
    let strayBursts = 0;
    let strayBytes = 0;
    const keeper = createLineKeeper({
      open,
      medium: charMs > 0 ? 'serial' : 'tcp',
      onBytes(bytes) {
        silence.broken();
        const { line } = keeper;
        if (port?.isAsked === true && line !== null) {
          port.receive(bytes, line);
          return;
        }
        if (strayBytes < BURST_BYTES && strayBytes + bytes.length >= BURST_BYTES) strayBursts += 1;
        strayBytes += bytes.length;
      },
      onChange(change) {
        if (change.kind !== 'open') port?.lose();
        listener.onLineChange(change);
      },
    });
    return {
      async ask({ session, answersWithinMs }) {
        const isSilent = await silence.await(() => keeper.line === null);
        const { line } = keeper;
        if (line === null) return { kind: 'closed' };
        if (!isSilent) return { kind: 'corrupt', why: 'the line is never silent' };
        strayBytes = 0;
        port = createSessionPort({
          session,
          responseTimeoutMs: answersWithinMs,
          charMs,
          observe: () => undefined,
          onPushed: () => undefined,
          onStrayDamage: () => undefined,
        });
        const outcome = await port.ask(0, line);
        silence.broken();
        if (outcome.kind === 'answered' || outcome.kind === 'refused') {
          // Noise goes on after what looked like an answer.
          await delay(REPLY_PAUSE_MS);
          if (strayBytes >= BURST_BYTES) return { kind: 'corrupt', why: 'bytes go on after the answer' };
        }
        // What follows a damaged answer must not pass for the next one.
        silence.need(outcome.kind === 'corrupt' ? Math.max(pauseMs, REPLY_PAUSE_MS) : pauseMs);
        return outcome;
      },
      get strayBursts() {
        return strayBursts;
      },
      async close() {
        port?.lose();
        await keeper.close();
      },
    };
  };
}
