import type { SerialSettings } from './serial-line.ts';

export interface RtuTiming {
  /** Time of one character on the wire. */
  readonly charMs: number;
  /** The silence before each frame: 3.5 characters, and fixed above 19200 Bd (V1.02 §2.5.1.1). */
  readonly silenceMs: number;
}

export function rtuTiming(settings: Pick<SerialSettings, 'baud' | 'parity' | 'stopBits'>): RtuTiming {
  const bitsPerChar = 1 + 8 + (settings.parity === 'none' ? 0 : 1) + settings.stopBits;
  const charMs = (bitsPerChar * 1000) / settings.baud;
  return { charMs, silenceMs: settings.baud > 19_200 ? 1.75 : 3.5 * charMs };
}
