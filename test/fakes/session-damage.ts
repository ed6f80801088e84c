/** What lines do to frames: truncate, double, flip bits, splice, lose and add bytes. */
import type { SeededRandom } from './modbus-random.ts';

/** The damaged reply; `others` are what it can be spliced with. The input stays as it is. */
export function damage(reply: Uint8Array, others: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  const kind = DAMAGES[random.whole(0, DAMAGES.length)] ?? truncate;
  return kind(reply, random, others[random.whole(0, others.length)] ?? reply);
}

type Damage = (reply: Uint8Array, random: SeededRandom, other: Uint8Array) => Uint8Array;

const truncate: Damage = (reply, random) => reply.slice(0, random.whole(0, reply.length));
const behead: Damage = (reply, random) => reply.slice(random.whole(0, reply.length));
const double: Damage = (reply) => join(reply, reply);
const splice: Damage = (reply, random, other) =>
  join(reply.slice(0, random.whole(0, reply.length)), other.slice(random.whole(0, other.length)));
const precede: Damage = (reply, random, other) => join(other.slice(random.whole(0, other.length)), reply);
const surround: Damage = (reply, random) =>
  join(random.bytes(random.whole(0, 20)), reply, random.bytes(random.whole(0, 20)));
const loseByte: Damage = (reply, random) => {
  const at = random.whole(0, reply.length);
  return join(reply.slice(0, at), reply.slice(at + 1));
};
const insertByte: Damage = (reply, random) => {
  const at = random.whole(0, reply.length);
  return join(reply.slice(0, at), random.bytes(1), reply.slice(at));
};
const flipBits: Damage = (reply, random) => {
  const flipped = reply.slice();
  for (let count = random.whole(1, 4); count > 0; count -= 1) {
    const at = random.whole(0, flipped.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << random.whole(0, 8));
  }
  return flipped;
};

const DAMAGES = [truncate, behead, double, splice, precede, surround, loseByte, insertByte, flipBits];

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
