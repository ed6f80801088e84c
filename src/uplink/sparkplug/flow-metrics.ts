import type { FlowRecord } from '../../traffic/record.ts';
import type { StoredRecord } from '../../traffic/stored-record.ts';
import type { SparkplugMetric } from './payload.ts';

const FIGURES = [
  { field: 'count', type: 'Int64' },
  { field: 'flowVehH', type: 'Double' },
  { field: 'occupancyPct', type: 'Double' },
  { field: 'spaceMeanSpeedKmh', type: 'Double' },
  { field: 'timeMeanSpeedKmh', type: 'Double' },
  { field: 'coveragePct', type: 'Double' },
] as const;

/** `north-1/60s/flowVehH`: the figures of the leading source of each lane and interval width. */
export function flowMetrics(records: readonly StoredRecord[]): readonly SparkplugMetric[] {
  return records.flatMap((record) => (record.stream === 'flow' && record.lead ? metricsOf(record) : []));
}

function metricsOf(record: FlowRecord): SparkplugMetric[] {
  const prefix = `${record.lane}/${record.widthS}s`;
  const atMs = record.endMs;
  return [
    ...FIGURES.map(({ field, type }) => ({ name: `${prefix}/${field}`, type, value: record[field], atMs })),
    { name: `${prefix}/startMs`, type: 'DateTime', value: record.startMs, atMs },
    { name: `${prefix}/endMs`, type: 'DateTime', value: record.endMs, atMs },
  ];
}
