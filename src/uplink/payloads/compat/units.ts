/** Endings of names, and how a description spells the unit out. Longer endings first: `VehH` is no `H`. */
const UNITS = [
  { ending: 'VehH', unit: 'veh/h', words: /\bveh\/h\b/ },
  { ending: 'Kmh', unit: 'km/h', words: /\bkm\/h\b/ },
  { ending: 'Mps', unit: 'm/s', words: /\bm\/s\b/ },
  { ending: 'Pct', unit: 'percent', words: /\bpercent/ },
  { ending: 'Px', unit: 'pixels', words: /\bpixels?\b/ },
  { ending: 'PerS', unit: 'per second', words: /\bper second\b/ },
  { ending: 'Ms', unit: 'ms', words: /\b(ms|milliseconds?)\b/i },
  { ending: 'Min', unit: 'minutes', words: /\bminutes?\b/i },
  { ending: 'C', unit: '°C', words: /°C/ },
  { ending: 'S', unit: 's', words: /(?<![/'’])\b(s|seconds?)\b/ },
  { ending: 'M', unit: 'm', words: /\b(m|met(re|er)s?)\b(?!\/)/ },
  { ending: 'Megabytes', unit: 'MB', words: /\bMB\b/ },
  { ending: 'bytes', unit: 'bytes', words: /\bbytes\b/ },
  { ending: 'Bytes', unit: 'bytes', words: /\bbytes\b/ },
] as const;

export interface Unit {
  readonly unit: string;
  readonly words: RegExp;
}

/** The unit that a field's name ends in; null for counts, numbers and codes. */
export function unitOfName(name: string): Unit | null {
  return UNITS.find(({ ending }) => name.endsWith(ending)) ?? null;
}

/** All units that a description speaks of, in one order. */
export function unitsInText(text: string): readonly string[] {
  return [...new Set(UNITS.filter(({ words }) => words.test(text)).map(({ unit }) => unit))];
}
