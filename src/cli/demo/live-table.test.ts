import { expect, test } from 'vitest';
import { faultRecord, incidentRecord } from '../../../test/fakes/records.ts';
import { displayWidth } from '../text-table.ts';
import { liveTable } from './live-table.ts';
import { createMeasuredSite } from './measured-site.ts';

function screenOf(...incidents: readonly object[]): readonly string[] {
  const measured = createMeasuredSite();
  for (const incident of incidents) measured.take({ ...incident } as Parameters<typeof measured.take>[0], 0);
  measured.take({ ...faultRecord({ seq: 1 }) } as Parameters<typeof measured.take>[0], 0);
  const ledger = { received: 0, invalid: 0, duplicates: 0 } as Parameters<typeof liveTable>[0]['ledger'];
  return liveTable({ elapsedS: 1, truth: [], measured, ledger, overview: null, brokerAway: false });
}

test('open incidents have their Chinese names, and many of them still fit 80 columns', () => {
  const incident = incidentRecord({ seq: 1 });
  expect(screenOf(incident).join('\n')).toContain(
    `incidents 事件: stopped-vehicle 异常停车 ${incident.lane}`,
  );
  const many = Array.from({ length: 12 }, (_, n) => ({
    ...incidentRecord({ seq: n + 1 }),
    incident: `i${n}`,
  }));
  expect(Math.max(...screenOf(...many).map(displayWidth))).toBeLessThanOrEqual(80);
});

test('a kind that is not known here keeps its name alone', () => {
  const flood = { ...incidentRecord({ seq: 1 }), incidentKind: 'flooding' };
  expect(screenOf(flood).join('\n')).toContain(`flooding ${flood.lane}`);
});
