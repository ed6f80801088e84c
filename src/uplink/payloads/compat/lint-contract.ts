import { type PayloadField, partOf, payloadFields, schemasOf } from './payload-fields.ts';
import { unitOfName } from './units.ts';

/** Whole numbers count or number something. Of the others these have no unit; the rest says it in its name. */
const UNITLESS: ReadonlySet<string> = new Set(['expected', 'received', 'entries', 'loadPerCore', 'figures']);

/** What a reader of the contract would have to guess, as sentences that begin with the place; empty when nothing. */
export function lintContract(contract: unknown): readonly string[] {
  return [
    ...[...payloadFields(contract).values()].flatMap(fieldProblems),
    ...exampleProblems(contract),
    ...Object.entries(partOf(contract, 'channels')).flatMap(([key, channel]) =>
      isText(partOf({ channel }, 'channel')['title']) ? [] : [`channels.${key}: has no title`],
    ),
  ];
}

function fieldProblems(field: PayloadField): string[] {
  const { path, name, isProperty, types, values, description } = field;
  const problems: string[] = [];
  // A constant, such as the name of its schema, says all that there is to say.
  if (isProperty && description === '' && values?.length !== 1) problems.push('has no description');
  const unexplained =
    values === null || values.length === 1
      ? []
      : values.filter((value) => typeof value === 'string' && !description.includes(`\`${value}\``));
  if (unexplained.length > 0) problems.push(`does not explain ${unexplained.join(', ')}`);
  if (types.includes('number') || types.includes('integer')) {
    const unit = unitOfName(name);
    if (unit !== null && !unit.words.test(description)) {
      problems.push(`does not say that its unit is ${unit.unit}`);
    }
    if (unit === null && types.includes('number') && !UNITLESS.has(name)) {
      problems.push(
        'is a number whose name ends in no unit: name it with one, or list it among the unitless',
      );
    }
  }
  return problems.map((problem) => `${path}: ${problem}`);
}

function exampleProblems(contract: unknown): string[] {
  const messages = partOf(partOf(contract, 'components'), 'messages');
  return Object.keys(schemasOf(contract)).flatMap((name) => {
    const examples = partOf(messages, name)['examples'];
    return Array.isArray(examples) && examples.length > 0 ? [] : [`${name}: has no example`];
  });
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
