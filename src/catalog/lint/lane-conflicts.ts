import { laneId } from '../../base/ids.ts';
import type { Finding } from '../load/problem.ts';
import { closest } from '../load/suggest.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Lane, Site } from '../schema/site.ts';

const code = 'config-conflict';
const DAY_S = 86_400;

/** Whether intervals, approaches, lanes and stations fit together, and with the loops on the devices. */
export function lintLanes(site: Site): readonly Finding[] {
  return [
    ...intervalFindings(site),
    ...quietFindings(site.faults.quietHours, ['faults', 'quietHours']),
    ...laneFindings(site),
    ...wiringFindings(site),
  ];
}

export function laneIdsOf(site: Site): readonly string[] {
  return site.approaches.flatMap((approach) =>
    approach.lanes.map((lane) => laneId(approach.id, lane.number)),
  );
}

function intervalFindings(site: Site): readonly Finding[] {
  const { intervalsS } = site.flow;
  return intervalsS.flatMap((intervalS, index): Finding[] => {
    const path = ['flow', 'intervalsS', index];
    if (intervalsS.indexOf(intervalS) !== index) {
      const hint = 'Name each interval once.';
      return [{ code, path, message: `expected different intervals, found ${intervalS} again`, hint }];
    }
    if (DAY_S % intervalS === 0) return [];
    const better = divisorsOf(DAY_S).reduce((best, divisor) =>
      Math.abs(divisor - intervalS) < Math.abs(best - intervalS) ? divisor : best,
    );
    return [
      {
        code,
        path,
        message: `expected seconds that divide an hour or a day without rest, found ${intervalS}`,
        hint: `Every interval has to start at the same times each day; ${better} would do.`,
      },
    ];
  });
}

function divisorsOf(whole: number): readonly number[] {
  return Array.from({ length: whole }, (_, index) => index + 1).filter(
    (part) => part >= 10 && whole % part === 0,
  );
}

function laneFindings(site: Site): readonly Finding[] {
  const seenApproaches = new Set<string>();
  const seen = new Set(site.cameras.flatMap((camera) => camera.lanes.map(({ lane }) => lane)));
  return site.approaches.flatMap((approach, a) => {
    const findings: Finding[] = [];
    if (seenApproaches.has(approach.id)) {
      const message = `expected an id of its own, found "${approach.id}" again`;
      findings.push({ code, path: ['approaches', a, 'id'], message, hint: 'Give each approach its own id.' });
    }
    seenApproaches.add(approach.id);
    const numbers = approach.lanes.map((lane) => lane.number);
    approach.lanes.forEach((lane, l) => {
      const path = ['approaches', a, 'lanes', l];
      if (numbers.indexOf(lane.number) !== l) {
        const message = `expected a number of its own, found ${lane.number} again in approach ${approach.id}`;
        const hint = 'Number the lanes from the median outwards: 1, 2, 3.';
        findings.push({ code, path: [...path, 'number'], message, hint });
      }
      findings.push(
        ...classFindings(lane.classes, [...path, 'classes']),
        ...stationFindings(lane, [...path, 'station']),
        ...sourceFindings(lane, { path, seen: seen.has(laneId(approach.id, lane.number)) }),
        ...quietFindings(lane.faultLimits.quietHours, [...path, 'faultLimits', 'quietHours']),
      );
    });
    return findings;
  });
}

function quietFindings(quiet: Site['faults']['quietHours'] | undefined, path: Path): readonly Finding[] {
  if (quiet === undefined || quiet === null || quiet.fromH !== quiet.toH) return [];
  const message = `expected two different hours, found ${quiet.fromH} twice`;
  const hint = 'Quiet hours go from fromH to toH, over midnight too; write null when there are none.';
  return [{ code, path, message, hint }];
}

/** Flow intervals count what no bin takes under this name. */
const UNCLASSIFIED = 'unclassified';

function classFindings(classes: Lane['classes'], path: Path): readonly Finding[] {
  if (typeof classes === 'string') return [];
  const names = classes.map(({ name }) => name);
  return classes.flatMap(({ name, belowM }, index): readonly Finding[] => {
    const before = classes[index - 1];
    const findings: Finding[] = [];
    if (names.indexOf(name) !== index || name === UNCLASSIFIED) {
      const message =
        name === UNCLASSIFIED
          ? `expected another name, found "${name}", which vehicles without a class have`
          : `expected a name of its own, found "${name}" again`;
      const hint = 'Each class has its own name.';
      findings.push({ code, path: [...path, index, 'name'], message, hint });
    }
    if (before !== undefined && belowM <= before.belowM) {
      const message = `expected more than the ${before.belowM} m of the class before, found ${belowM}`;
      const hint =
        'Name the classes from the shortest to the longest; each begins where the one before ends.';
      findings.push({ code, path: [...path, index, 'belowM'], message, hint });
    }
    return findings;
  });
}

function sourceFindings(lane: Lane, at: { readonly path: Path; readonly seen: boolean }): readonly Finding[] {
  if (lane.usualSource !== 'camera' || at.seen) return [];
  const message = 'expected a camera that sees this lane, because it is the usual source, found none';
  const hint = 'Draw the lane in a camera, or remove usualSource.';
  return [{ code, path: [...at.path, 'usualSource'], message, hint }];
}

function stationFindings(lane: Lane, path: Path): readonly Finding[] {
  if (lane.station === undefined) return [];
  const { loops, spacingM, loopLengthM, effectiveLengthM } = lane.station;
  if (effectiveLengthM <= loopLengthM) {
    const message = `expected more than the loop's own length of ${loopLengthM} m, found ${effectiveLengthM}`;
    const hint = 'effectiveLengthM is a mean vehicle and the loop together: about 4.7 m more than the loop.';
    return [{ code, path: [...path, 'effectiveLengthM'], message, hint }];
  }
  const dual = loops.length === 2;
  if (dual && spacingM === undefined) {
    return [
      {
        code,
        path,
        message: 'expected spacingM, because the station has an entry and an exit loop, found nothing',
        hint: 'Measure from leading edge to leading edge, in metres: speed depends on it.',
      },
    ];
  }
  if (!dual && spacingM !== undefined) {
    const message = `expected no spacingM for a single loop, found ${spacingM}`;
    return [
      { code, path: [...path, 'spacingM'], message, hint: 'Name the exit loop too, or remove spacingM.' },
    ];
  }
  if (spacingM !== undefined && spacingM <= loopLengthM) {
    const message = `expected more than the loop's own length of ${loopLengthM} m, found ${spacingM}`;
    const hint = 'spacingM goes from leading edge to leading edge; loops of one lane do not overlap.';
    return [{ code, path: [...path, 'spacingM'], message, hint }];
  }
  return [];
}

interface Place {
  readonly loop: string;
  readonly path: Path;
}

/** Each loop of a station is on exactly one channel, and each wired loop belongs to exactly one station. */
function wiringFindings(site: Site): readonly Finding[] {
  const stationed = site.approaches.flatMap((approach, a) =>
    approach.lanes.flatMap((lane, l) =>
      (lane.station?.loops ?? []).map(
        (loop, i): Place => ({ loop, path: ['approaches', a, 'lanes', l, 'station', 'loops', i] }),
      ),
    ),
  );
  const wired = site.buses.flatMap((bus, b) =>
    bus.devices.flatMap((device, d) =>
      device.loops.flatMap((loop, i): Place[] =>
        loop === null ? [] : [{ loop, path: ['buses', b, 'devices', d, 'loops', i] }],
      ),
    ),
  );
  return [
    ...repeated(stationed, 'in another station'),
    ...repeated(wired, 'on another channel'),
    ...unmatched(stationed, {
      others: wired,
      expected: 'a loop that a device has on one of its channels',
      hint: 'Name the loop under buses, devices, loops, on the channel that it is wired to.',
    }),
    ...unmatched(wired, {
      others: stationed,
      expected: 'a loop that belongs to a lane',
      hint: 'Name the loop in the station of its lane, or write null for a spare channel.',
    }),
  ];
}

function repeated(places: readonly Place[], where: string): readonly Finding[] {
  return places.flatMap(({ loop, path }, index) => {
    if (places.findIndex((place) => place.loop === loop) === index) return [];
    const message = `expected a loop that is used once, found "${loop}", which is already ${where}`;
    return [{ code, path, message, hint: 'Each loop in the road has its own name and its own channel.' }];
  });
}

function unmatched(
  places: readonly Place[],
  options: { readonly others: readonly Place[]; readonly expected: string; readonly hint: string },
): readonly Finding[] {
  const names = options.others.map((place) => place.loop);
  return places
    .filter((place) => !names.includes(place.loop))
    .map(({ loop, path }) => {
      const near = closest(loop, names);
      const hint = near === null ? options.hint : `Did you mean "${near}"? ${options.hint}`;
      return { code, path, message: `expected ${options.expected}, found "${loop}"`, hint };
    });
}
