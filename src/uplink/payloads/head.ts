import { z } from 'zod';
import type { StreamName } from '../../traffic/stored-record.ts';
import { explained } from './explained.ts';

/** The contract's major version: it changes only when a receiver of the old one would misread the new one. */
export const PAYLOAD_VERSION = 1;

/** The version of the contract document; the topic root and the payload names carry the major part. */
export const CONTRACT_VERSION = '1.3.0';

/** `roadside.flow/1` */
export function schemaName<S extends StreamName | 'state' | 'command' | 'reply' | 'chunk'>(
  stream: S,
): `roadside.${S}/${1}` {
  return `roadside.${stream}/${PAYLOAD_VERSION}`;
}

/**
 * True when two types accept the same values with the same keys; `readonly` apart, which JSON does not know.
 * Each schema beside this file is checked with it against the record type of traffic/, in both directions.
 */
export type Same<A, B> = [Plain<A>] extends [Plain<B>]
  ? [Plain<B>] extends [Plain<A>]
    ? [keyof A] extends [keyof B]
      ? [keyof B] extends [keyof A]
        ? true
        : never
      : never
    : never
  : never;
type Plain<T> = { -readonly [K in keyof T]: Plain<T[K]> };

/** UTC, ms since 1970. */
export const utcMs = (text: string) => z.number().min(0).describe(`${text} UTC, ms since 1970-01-01.`);
export const name = (text: string) => z.string().min(1).max(200).describe(text);
export const lane = name('Lane as approach-number; numbers run from the median outwards, e.g. `north-1`.');
export const laneSource = explained('Which kind of sensor measured.', {
  loop: 'induction loops',
  camera: 'a camera',
});

/** Of every interval. */
export const gaps = z
  .array(
    z.strictObject({
      fromMs: utcMs('Start of the stretch without readings.'),
      toMs: utcMs('End of the stretch without readings.'),
      cause: explained('What was at fault.', {
        bus: 'the line to the cards',
        device: 'a card',
        detector: 'a loop or its channel, which was not believed',
        camera: 'the camera, its stream or its picture',
        agent: 'the agent did not run',
        clock: 'the clock was stepped',
      }),
    }),
  )
  .describe('Stretches of the interval without readings.');

/** What is added to a record when it is published; everything else is the record as it was stored. */
export const envelopeFields = <S extends StreamName>(stream: S) => ({
  schema: z.literal(schemaName(stream)).describe('Name and major version of this payload.'),
  replayed: z
    .boolean()
    .describe('True when the record could not be sent live: it must not raise alarms or update live views.'),
  publishedAtMs: utcMs('When this copy was sent; a redelivery of the same record has a later one.'),
});

export const headFields = {
  id: z
    .string()
    .regex(/^[^/]+\/[^/]+\/[a-z]+\/\d+$/)
    .describe(
      'site/boot/stream/seq. Delivery is at least once: a known id is a redelivery to be dropped, unless `clock` is ' +
        '`restamped` and that of the known copy is not: then this copy takes its place.',
    ),
  site: name('The cabinet and its intersection.'),
  boot: name('Names one run of the agent.'),
  seq: z.int().min(1).describe('Starts at 1 for each boot and stream. A missing number is a missing record.'),
  observedAtMs: utcMs('When the thing was true on the road.'),
  clock: explained('How far the stamps can be trusted.', {
    synced: 'the clock is disciplined by a time source',
    holdover: 'it was, and runs free now',
    unsynced: 'it was never set since the machine started',
    stepped: 'it was set to another time shortly before',
    restamped:
      'made before the clock was set, and put right when its error was known; it replaces a copy of the same id',
  }),
  configRev: name('Revision of the site configuration that shaped the figures.'),
};
