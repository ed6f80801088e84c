/**
 * Simulated Advantech ADAM-4000 modules on RS-485: the 16 contacts of an ADAM-4053 and the two counters of an
 * ADAM-4080 (ADAM-4000 Series User's Manual, Ed. 10.7, 7-6, 7-36 and appendix F).
 */
import type { SimulatedDevice } from './simulated-device.ts';

export type AsciiModuleModel = 'adam-4053' | 'adam-4080';

export interface AsciiModulePlan {
  readonly model: AsciiModuleModel;
  /** 0 to 255. */
  readonly address: number;
  /** Both ways or neither: a module with checksums does not answer a question without one. */
  readonly checksum: boolean;
}

export interface AsciiModule extends SimulatedDevice {
  /** The contact of a loop detector on input `channel`, counted from 1, closes when its loop is occupied. */
  setOccupied(channel: number, occupied: boolean, atMs: number): void;
  /** Power off and on: the counters begin at 0. */
  reset(): void;
}

const INPUTS = { 'adam-4053': 16, 'adam-4080': 2 } as const;
const COUNTER_MAX = 0xffff_ffff;
const LONGEST_LINE = 64;

export function createAsciiModule({ model, address, checksum }: AsciiModulePlan): AsciiModule {
  const unit = hex(address, 2);
  const occupied = new Array<boolean>(INPUTS[model]).fill(false);
  const counts = new Array<number>(INPUTS[model]).fill(0);
  let line = '';

  const answer = (command: string): string | null => {
    if (command === `$${unit}M`) return `!${unit}${model.slice('adam-'.length)}`;
    if (model === 'adam-4053' && command === `$${unit}6`) return `!${contacts(occupied)}00`;
    const counter = /^#(..)([01])$/.exec(command);
    if (model === 'adam-4080' && counter?.[1] === unit) return `>${hex(counts[Number(counter[2])] ?? 0, 8)}`;
    return command.slice(1, 3) === unit ? `?${unit}` : null;
  };
  const receiveLine = (): readonly Uint8Array[] => {
    const command = checksum ? withoutSum(line) : line;
    const said = command === null ? null : answer(command);
    if (said === null) return [];
    return [Uint8Array.from(Buffer.from(`${said}${checksum ? sumOf(said) : ''}\r`, 'latin1'))];
  };

  return {
    receive(bytes) {
      const replies: Uint8Array[] = [];
      for (const character of Buffer.from(bytes).toString('latin1')) {
        if (character !== '\r') {
          line = (line + character).slice(-LONGEST_LINE);
          continue;
        }
        replies.push(...receiveLine());
        line = '';
      }
      return replies;
    },
    setOccupied(channel, isOccupied) {
      const index = channel - 1;
      if (occupied[index] === undefined) throw new RangeError(`${model} has no input ${channel}`);
      // A counter at its maximum stops (7-43): it does not begin again.
      if (isOccupied && !occupied[index]) counts[index] = Math.min((counts[index] ?? 0) + 1, COUNTER_MAX);
      occupied[index] = isOccupied;
    },
    reset() {
      counts.fill(0);
    },
  };
}

/** Input 15 first. A closed contact pulls its input low (ADAM-4053: logic level 0 is close to GND). */
function contacts(occupied: readonly boolean[]): string {
  const bits = occupied.map((closed) => (closed ? '0' : '1')).toReversed();
  return hex(Number.parseInt(bits.join(''), 2), 4);
}

function withoutSum(line: string): string | null {
  const command = line.slice(0, -2);
  return line.slice(-2) === sumOf(command) ? command : null;
}

function sumOf(text: string): string {
  let sum = 0;
  for (const byte of Buffer.from(text, 'latin1')) sum = (sum + byte) % 256;
  return hex(sum, 2);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
