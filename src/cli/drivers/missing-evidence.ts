import type { Finding, Problem } from '../../catalog/load/problem.ts';
import { readYaml } from '../../catalog/load/yaml-source.ts';

/** How a text of a driver file begins that its author has still to write. */
export const MISSING = 'MISSING:';

/** Every place of a driver file that still says MISSING; empty for a file that cannot be read. */
export async function missingEvidence(file: string): Promise<readonly Problem[]> {
  const source = await readYaml(file, { unreadable: 'driver-missing', syntax: 'driver-invalid' });
  if (source.kind === 'refused') return [];
  return missingIn(source.value.value, []).map((finding) => source.value.locate(finding));
}

function missingIn(value: unknown, path: Finding['path']): readonly Finding[] {
  if (typeof value === 'string') {
    if (!value.startsWith(MISSING)) return [];
    const message = `evidence is missing: ${value.slice(MISSING.length).trim()}`;
    const hint = 'Write the manual and its page, or the recording that shows it, in place of this text.';
    return [{ code: 'driver-invalid', path, message, hint }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    missingIn(child, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
