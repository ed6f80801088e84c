/**
 * Prints what the product reaches on the clips of the street:
 *
 *   node test/oracle/street/measure-street.ts [fp32|int8] [day] [dusk] [night] [rain]
 */
import { openDetectorSession } from '../../../src/sensors/vision/detector-session.ts';
import { LIGHTS, type LightName } from './light.table.ts';
import {
  countsOf,
  errorsPct,
  medianOf,
  overlapsOf,
  shareWithinStated,
  speedPairsOf,
} from './street-figures.ts';
import { createQuickHealth, openStreetSite, watchStreet } from './watch-street.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const wanted = process.argv.slice(2);
const precision = wanted.includes('int8') ? 'int8' : 'fp32';
const lights = (Object.keys(LIGHTS) as LightName[]).filter((light) => wanted.includes(light));

for (const light of lights.length > 0 ? lights : (Object.keys(LIGHTS) as LightName[])) {
  const site = await openStreetSite(light);
  const detector = await openDetectorSession({ ...site.model, precision });
  const health = createQuickHealth(site);
  const faults: string[] = [];
  let untrusted = 0;
  const street = await watchStreet({
    light,
    detector,
    inspect(pixels, atMs) {
      faults.push(...health.inspect(pixels, atMs).map(({ code }) => code));
      if (!health.isTrusted) untrusted += 1;
    },
  });
  const judged = street.judge(street.truth);
  say(`${light}: ${street.watched.pictures} pictures, ${precision}`);
  for (const heading of ['toward', 'away'] as const)
    say(`  ${heading} ${JSON.stringify(countsOf(judged, heading))}`);
  for (const line of judged.lines) {
    if (line.missed + line.extra > 0) say(`  ${line.id} missed ${line.missedAt} extra ${line.extraAt}`);
  }
  const errors = errorsPct(speedPairsOf(street, street.truth));
  say(
    `  speeds ${errors.length}, error median ${medianOf(errors).toFixed(1)} %, of size ${medianOf(errors.map(Math.abs)).toFixed(1)} %, largest ${Math.max(...errors.map(Math.abs)).toFixed(1)} %`,
  );
  const pairs = speedPairsOf(street, street.truth);
  const stated = pairs.flatMap(({ uncertaintyPct }) => uncertaintyPct ?? []);
  say(
    `  stated uncertainty ${stated.length}, median ${medianOf(stated)} %, holds the truth ${shareWithinStated(pairs).toFixed(2)}`,
  );
  const overlaps = overlapsOf(street);
  const found = overlaps.filter((overlap) => overlap >= 0.5).length;
  say(
    `  boxes ${overlaps.length}, found ${(found / overlaps.length).toFixed(2)}, median overlap ${medianOf(overlaps).toFixed(2)}`,
  );
  say(`  incidents ${JSON.stringify(judged.events)} false ${JSON.stringify(judged.falseAt)}`);
  say(`  image faults ${faults.join(' ') || 'none'}, pictures not trusted ${untrusted}`);
}
