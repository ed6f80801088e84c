import type { FaultAdvice, FaultOverview } from '../app/overview.ts';
import { SCREEN_COLUMNS, wrapText } from './text-table.ts';

/** A fault as a technician reads it: what, where, since when, and what to do about it, in both languages. */
export function faultLines(fault: FaultOverview, nowMs: number): readonly string[] {
  const { code, layer, sensor, detail, lanes, sinceMs, advice } = fault;
  const where = lanes.length === 0 ? '' : `  lanes 车道 ${lanes.join(', ')}`;
  const since = `${Math.max(0, Math.round((nowMs - sinceMs) / 1000))} s`;
  const head = `  ${code}  ${layer} ${sensor}  ${since}${where}`;
  const lines = [head, ...(detail === '' ? [] : [`    ${detail}`])];
  return [...lines.flatMap((line) => wrapText(line, SCREEN_COLUMNS, '      ')), ...adviceLines(advice)];
}

/** Meaning and remedy in English and in Chinese; nothing for a code that is not known. */
export function adviceLines(advice: FaultAdvice | null): readonly string[] {
  if (advice === null) return [];
  const { meaning, remedy, chinese } = advice;
  return [`    → ${meaning} ${remedy}`, `    → ${chinese.meaning}${chinese.remedy}`].flatMap((line) =>
    wrapText(line, SCREEN_COLUMNS, '      '),
  );
}
