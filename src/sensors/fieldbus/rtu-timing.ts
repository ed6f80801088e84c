import type { SerialSettings } from './serial-line.ts';

export interface RtuTiming {
  /** Time of one character on the wire. */
  readonly charMs: number;
  /** The silence before each frame: 3.5 characters, and fixed above 19200 Bd (V1.02 §2.5.1.1). */
  readonly silenceMs: number;
  /** `tcp`: the wire is behind a serial device server, which receives and sends at its own pace. */
  readonly medium: 'serial' | 'tcp';
}

type LineSettings = Pick<SerialSettings, 'baud' | 'parity' | 'stopBits'>;

export function rtuTiming(settings: LineSettings, medium: RtuTiming['medium'] = 'serial'): RtuTiming {
  const charMs = charTimeMs(settings);
  return { charMs, silenceMs: settings.baud > 19_200 ? 1.75 : 3.5 * charMs, medium };
}

/** Time of one character: start bit, eight data bits, parity, stop bits. */
export function charTimeMs(settings: LineSettings): number {
  const bitsPerChar = 1 + 8 + (settings.parity === 'none' ? 0 : 1) + settings.stopBits;
  return (bitsPerChar * 1000) / settings.baud;
}
