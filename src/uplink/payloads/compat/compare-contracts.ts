import { type PayloadField, partOf, payloadFields } from './payload-fields.ts';
import { unitsInText } from './units.ts';

const NUMERIC: ReadonlySet<string> = new Set(['number', 'integer']);

/** How two versions of the contract differ, as sentences that begin with the place. */
export interface ContractChanges {
  /** What a program written for the previous version would misread, miss, or be refused for. */
  readonly breaking: readonly string[];
  /** What it may pass over: new streams, fields and values. */
  readonly additions: readonly string[];
}

/**
 * Compares contract documents for whoever relies on the previous one: receivers of what the agent publishes,
 * senders of what it accepts. A value keeps its type and limits either way: a narrower one breaks who sends, a
 * wider one who receives, and most readers do not say which they are. Values may be added to the list of a
 * published field (receivers pass over what they do not know), never taken away.
 */
export function compareContracts(versions: {
  readonly previous: unknown;
  readonly current: unknown;
}): ContractChanges {
  const before = payloadFields(versions.previous);
  const after = payloadFields(versions.current);
  const accepted = schemasAccepted(versions.current);
  const parents = new Set([...before.keys()].map(parentOf));
  const breaking: string[] = channelProblems(versions);
  const additions: string[] = [];
  for (const [path, field] of before) {
    const now = after.get(path);
    const problems =
      now === undefined ? ['was removed'] : fieldProblems(field, now, accepted.has(rootOf(path)));
    breaking.push(...problems.map((problem) => `${path}: ${problem}`));
    const values = now === undefined ? [] : valuesOnlyIn(now, field);
    additions.push(...values.map((value) => `${path}: may be ${JSON.stringify(value)}`));
  }
  for (const [path, { isProperty, required }] of after) {
    if (before.has(path)) continue;
    const demanded = isProperty && required && accepted.has(rootOf(path)) && parents.has(parentOf(path));
    if (demanded) breaking.push(`${path}: is new and may not be left out`);
    else additions.push(`${path}: is new`);
  }
  return { breaking, additions };
}

/** Sentences about a version number that does not say what has changed since the previous one; empty when it does. */
export function versionProblems(versions: {
  readonly previous: unknown;
  readonly current: unknown;
}): readonly string[] {
  const { breaking, additions } = compareContracts(versions);
  const [before, now] = [versionOf(versions.previous), versionOf(versions.current)];
  const needed = breaking.length > 0 ? 0 : additions.length > 0 ? 1 : null;
  if (needed === null || isHigher({ before, now, part: needed })) return [];
  const [change = ''] = needed === 0 ? breaking : additions;
  const part = needed === 0 ? 'major' : 'minor';
  return [`${now.join('.')} after ${before.join('.')} needs a higher ${part} version: ${change}`];
}

function fieldProblems(before: PayloadField, now: PayloadField, accepted: boolean): string[] {
  const problems: string[] = [];
  const change = (what: string, [from, to]: readonly [string, string]) => {
    if (from !== to) problems.push(`${what} was ${from}, is ${to}`);
  };
  change('type', [before.types.join(' or '), now.types.join(' or ')]);
  change('limits', [sorted(before.limits), sorted(now.limits)]);
  const [from, to] = [unitsOf(before), unitsOf(now)];
  // A unit may be spelled out where none was.
  if (from !== '') change('unit', [from, to || 'none']);
  for (const value of valuesOnlyIn(before, now)) problems.push(`can no longer be ${JSON.stringify(value)}`);
  if (before.values === null && now.values !== null) problems.push('is limited to some values');
  if (before.values !== null && now.values === null) problems.push('is no longer limited to its values');
  if (!accepted && before.required && !now.required) problems.push('may now be left out');
  if (accepted && !before.required && now.required) problems.push('may no longer be left out');
  return problems;
}

function unitsOf({ types, description }: PayloadField): string {
  return types.some((type) => NUMERIC.has(type)) ? unitsInText(description).join(', ') : '';
}

/** Values of the list of one field that the list of the other lacks; none where either has no list. */
function valuesOnlyIn(field: PayloadField, other: PayloadField): readonly unknown[] {
  if (field.values === null || other.values === null) return [];
  const known = new Set(other.values);
  return field.values.filter((value) => !known.has(value));
}

function channelProblems({ previous, current }: { previous: unknown; current: unknown }): string[] {
  const now = partOf(current, 'channels');
  const operations = partOf(current, 'operations');
  const problems = Object.entries(partOf(previous, 'channels')).flatMap(([key, channel]) => {
    const before = partOf({ channel }, 'channel')['address'];
    const address = partOf(now, key)['address'];
    if (address === before) return [];
    return [address === undefined ? `channels.${key}: was removed` : `channels.${key}: moved to ${address}`];
  });
  const bindings = Object.entries(partOf(previous, 'operations')).flatMap(([key, operation]) => {
    const mqttOf = (of: unknown) => sorted(partOf(partOf(of, 'bindings'), 'mqtt'));
    return !(key in operations) || mqttOf(operations[key]) === mqttOf(operation)
      ? []
      : [`operations.${key}: is sent another way: ${mqttOf(operations[key])}`];
  });
  return [...problems, ...bindings];
}

/** Names of the schemas that the agent receives; it sends all others. */
function schemasAccepted(contract: unknown): ReadonlySet<string> {
  const channels = partOf(contract, 'channels');
  const names = Object.values(partOf(contract, 'operations')).flatMap((operation) => {
    const { action, channel } = partOf({ operation }, 'operation');
    if (action !== 'receive') return [];
    const reference = String(partOf({ channel }, 'channel')['$ref']);
    return Object.keys(partOf(partOf(channels, reference.split('/').at(-1) ?? ''), 'messages'));
  });
  return new Set(names);
}

function rootOf(path: string): string {
  return /^[^.[<]+/.exec(path)?.[0] ?? path;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.'));
}

function sorted(record: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(record).sort(([a], [b]) => a.localeCompare(b))));
}

type Version = readonly [number, number, number];

function versionOf(contract: unknown): Version {
  const text = String(partOf(contract, 'info')['version']);
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
  return [major, minor, patch];
}

function isHigher({ before, now, part }: { before: Version; now: Version; part: 0 | 1 }): boolean {
  if (now[0] !== before[0]) return now[0] > before[0];
  return part === 1 && now[1] > before[1];
}
