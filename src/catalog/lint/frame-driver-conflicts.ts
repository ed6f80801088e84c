import type { Finding } from '../load/problem.ts';
import type { Codec } from '../schema/codec.ts';
import type { ExpectedClaim, FrameDriver, FrameExample } from '../schema/frame-driver.ts';
import type { Path } from '../schema/json-schema.ts';

const code = 'driver-invalid';
/** A delimiter and at least two characters of a name. */
const IDENTIFYING_CHARACTERS = 3;

/** What the shape of a frame driver cannot say. Its examples are played elsewhere, through the fieldbus process. */
export function lintFrameDriver(driver: FrameDriver): readonly Finding[] {
  return [
    ...reachFindings(driver),
    ...addressFindings(driver),
    ...periodFindings(driver),
    ...tellsFindings(driver),
    ...identifyFindings(driver),
    ...exampleFindings(driver),
    ...proofFindings(driver),
  ];
}

function reachFindings({ bus }: FrameDriver): readonly Finding[] {
  if (bus.serial !== undefined || bus.tcp !== undefined) return [];
  const message = 'expected serial or tcp, found neither';
  return [{ code, path: ['bus'], message, hint: 'Say how the device is reached.' }];
}

function addressFindings({ address }: FrameDriver): readonly Finding[] {
  if (address.from <= address.to) return [];
  const message = `expected a last number from ${address.from} on, found ${address.to}`;
  return [{ code, path: ['address', 'to'], message, hint: 'from is the lowest number, to the highest.' }];
}

function periodFindings({ pollMs, tells }: FrameDriver): readonly Finding[] {
  if (pollMs.default < pollMs.min || pollMs.default > pollMs.max) {
    const message = `expected a default from ${pollMs.min} to ${pollMs.max}, found ${pollMs.default}`;
    const hint = 'min, default and max rise; default is used where a site file says nothing.';
    return [{ code, path: ['pollMs', 'default'], message, hint }];
  }
  if (tells.kind !== 'intervals' || pollMs.default <= tells.periodS * 1000) return [];
  const message = `expected a default of at most ${tells.periodS * 1000}, the interval, found ${pollMs.default}`;
  const hint = 'Asked more seldom than it makes intervals, the device forgets some of them.';
  return [{ code, path: ['pollMs', 'default'], message, hint }];
}

/** What a codec is told to read has to be what the device is said to tell. */
function tellsFindings({ codec, tells, channels }: FrameDriver): readonly Finding[] {
  if (codec.name === 'ascii-fields') return asciiFindings(codec, { tells, channels });
  if (!(codec.name === 'rtms-g4' || codec.name === 'ss125')) return [];
  const reads = codec.reads ?? 'intervals';
  if (reads === tells.kind) return [];
  const message = `expected ${reads}, which the codec reads, found "${tells.kind}"`;
  const hint = 'What the codec reads is what the device tells: change reads of the codec, or tells.';
  return [{ code, path: ['tells', 'kind'], message, hint }];
}

function asciiFindings(
  codec: Extract<Codec, { name: 'ascii-fields' }>,
  { tells, channels }: Pick<FrameDriver, 'tells' | 'channels'>,
): readonly Finding[] {
  const parts = codec.exchanges.flatMap(({ reply }, e) =>
    reply.map((part, p) => ({ part, path: ['codec', 'exchanges', e, 'reply', p] })),
  );
  const beyond = parts.flatMap(({ part, path }): Finding[] => {
    if (!('channel' in part)) return [];
    const last = part.channel + (part.part === 'bits' ? part.channels - 1 : 0);
    if (last <= channels) return [];
    const message = `expected channels up to ${channels}, found ${last}`;
    return [{ code, path, message, hint: 'channels says how many the device has.' }];
  });
  const read = parts.map(({ part }) => (part.part === 'bits' ? part.means : part.part));
  const edges = read.includes('loop-occupied');
  const kind = edges ? 'polled-edges' : 'counts';
  const accumulates = edges && read.includes('occupied-time');
  if (tells.kind !== kind) {
    const message = `expected ${kind}, which follows from the replies, found "${tells.kind}"`;
    const hint = 'Lines of text are asked for: they tell polled-edges with loop-occupied, counts without.';
    return [...beyond, { code, path: ['tells', 'kind'], message, hint }];
  }
  if (tells.kind !== 'polled-edges' || tells.accumulatesOccupancy === accumulates) return beyond;
  const message = `expected accumulatesOccupancy: ${accumulates}, which follows from the replies, found the opposite`;
  const hint = 'It is true when one of the replies has occupied-time.';
  return [...beyond, { code, path: ['tells'], message, hint }];
}

/** A codec with frames of its own knows its devices by them; a line of text has to be told what to ask. */
function identifyFindings({ identify, codec }: FrameDriver): readonly Finding[] {
  if (identify === undefined) return [];
  if (codec.name !== 'ascii-fields') {
    const message = `expected no identify, because the frames of ${codec.name} tell whose they are, found one`;
    return [
      { code, path: ['identify'], message, hint: 'identify is for the codec ascii-fields; leave it out.' },
    ];
  }
  const said = identify.reply.reduce((sum, part) => sum + (part.part === 'text' ? part.text.length : 0), 0);
  if (said >= IDENTIFYING_CHARACTERS) return [];
  const message = `expected at least ${IDENTIFYING_CHARACTERS} characters that name the model, found ${said}`;
  const hint = 'Any module of the family would fit: write out the model name that is answered, as text.';
  return [{ code, path: ['identify', 'reply'], message, hint }];
}

function exampleFindings(driver: FrameDriver): readonly Finding[] {
  return driver.examples.flatMap((example, e): readonly Finding[] => {
    const path = ['examples', e];
    const wrongChannels = example.expect.flatMap((claim, c): Finding[] => {
      if (claim.channel === undefined || claim.channel <= driver.channels) return [];
      const message = `expected a channel up to ${driver.channels}, found ${claim.channel}`;
      const hint = 'channels says how many the device has.';
      return [{ code, path: [...path, 'expect', c, 'channel'], message, hint }];
    });
    const findings = [...senderFindings(driver, { example, path }), ...wrongChannels];
    if (example.received.some((bytes) => bytes.trim() !== '')) return findings;
    const hint = 'An example without bytes proves nothing; take some from a recording or the manual.';
    const message = 'expected bytes from the device, found none';
    return [...findings, { code, path: [...path, 'received'], message, hint }];
  });
}

/** Whether a device can have the number or the identity that the example's bytes come from. */
function senderFindings(
  { address, identity }: FrameDriver,
  { example, path }: { readonly example: FrameExample; readonly path: Path },
): readonly Finding[] {
  if (identity !== undefined && !new RegExp(identity.pattern).test(example.identity ?? '')) {
    const found = example.identity === undefined ? 'nothing' : `"${example.identity}"`;
    const message = `expected the identity of the sender, like ${identity.pattern}, found ${found}`;
    return [{ code, path: [...path, 'identity'], message, hint: identity.meaning }];
  }
  if (identity === undefined && example.identity !== undefined) {
    const message = `expected no identity, because a number names this device, found "${example.identity}"`;
    return [{ code, path: [...path, 'identity'], message, hint: 'Give the number of the sender as unit.' }];
  }
  const { unit } = example;
  if (unit === undefined || (unit >= address.from && unit <= address.to)) return [];
  const message = `expected a number from ${address.from} to ${address.to}, found ${unit}`;
  return [
    { code, path: [...path, 'unit'], message, hint: 'address says which numbers the device can have.' },
  ];
}

const PROOF: Readonly<Record<FrameDriver['tells']['kind'], ExpectedClaim['kind']>> = {
  'polled-edges': 'loop-transition',
  'stamped-edges': 'loop-transition',
  vehicles: 'vehicle-detection',
  intervals: 'device-interval',
  counts: 'loop-counters',
};

/** What a driver says that its device tells has to be seen in one of its examples. */
function proofFindings({ tells, examples }: FrameDriver): readonly Finding[] {
  const proof = PROOF[tells.kind];
  const shown = new Set(examples.flatMap((example) => example.expect.map((claim) => claim.kind)));
  if (shown.has(proof)) return [];
  const message = `expected an example with a ${proof}, because the device tells ${tells.kind}, found none`;
  const hint = 'Correct tells, or add an example in which the device tells it.';
  return [{ code, path: ['examples'], message, hint }];
}
