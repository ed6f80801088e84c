/** One place in the payloads of a contract where a value may stand. */
export interface PayloadField {
  /** `incident.evidence[].kind`, `hires.entries[][0]`, `flow.classCounts.*`, `state<online>.lanes`. */
  readonly path: string;
  /** The last named part of the path: parts of a list belong to the field that holds the list. */
  readonly name: string;
  /** False for an element of a list, a tuple or a map. */
  readonly isProperty: boolean;
  readonly required: boolean;
  /** JSON types, sorted: `['null', 'number']`. */
  readonly types: readonly string[];
  /** The only values that it may have; null when that is left open. */
  readonly values: readonly unknown[] | null;
  /** What else the schema demands: pattern, minimum, maxItems, … */
  readonly limits: Readonly<Record<string, unknown>>;
  /** Its own text, or of an element without one that of its field. */
  readonly description: string;
}

type Schema = Readonly<Record<string, unknown>>;
type Place = Pick<PayloadField, 'path' | 'name' | 'isProperty' | 'required' | 'description'>;

const LIMITS = [
  ...['pattern', 'format', 'minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'multipleOf'],
  ...['exclusiveMaximum', 'minItems', 'maxItems', 'uniqueItems'],
];

/** Every field of the schemas of an AsyncAPI document as `roadside contract` writes it, by its path. */
export function payloadFields(contract: unknown): ReadonlyMap<string, PayloadField> {
  const fields = new Map<string, PayloadField>();
  for (const [name, schema] of Object.entries(schemasOf(contract))) {
    const description = textOf(schema);
    visit(schema, { path: name, name, isProperty: false, required: true, description }, fields);
  }
  return fields;
}

/** `components.schemas` of a contract document; empty where there is none. */
export function schemasOf(contract: unknown): Readonly<Record<string, Schema>> {
  const schemas = partOf(partOf(contract, 'components'), 'schemas');
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, asSchema(schema)]));
}

/** A part of a document as an object; empty where there is none. */
export function partOf(value: unknown, key: string): Schema {
  return asSchema(asSchema(value)[key]);
}

function visit(schema: Schema, place: Place, fields: Map<string, PayloadField>): void {
  const branches = alternatives(schema);
  const present = branches.filter((branch) => branch['type'] !== 'null');
  const description = present.map(textOf).find((text) => text !== '') ?? '';
  const here = { ...place, description: textOf(schema) || description || place.description };
  const known = present.length === 1 ? present[0] : undefined;
  fields.set(here.path, {
    ...here,
    types: [...new Set(branches.flatMap(typesOf))].sort(),
    values: known === undefined ? null : valuesOf(known),
    limits: known === undefined ? {} : pick(known, LIMITS),
  });
  for (const [index, branch] of present.entries()) {
    const label = known === undefined ? `<${variantName(branch) ?? index}>` : '';
    visitParts(branch, { ...here, path: `${here.path}${label}` }, fields);
  }
}

function visitParts(schema: Schema, place: Place, fields: Map<string, PayloadField>): void {
  const { path } = place;
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  for (const [name, property] of Object.entries(partOf(schema, 'properties'))) {
    const at = { path: `${path}.${name}`, name, isProperty: true, required: required.includes(name) };
    visit(asSchema(property), { ...at, description: '' }, fields);
  }
  const element = { ...place, isProperty: false, required: true };
  const items = schema['items'];
  if (Array.isArray(items)) {
    items.forEach((item, index) => {
      visit(asSchema(item), { ...element, path: `${path}[${index}]` }, fields);
    });
  } else if (isSchema(items)) {
    visit(items, { ...element, path: `${path}[]` }, fields);
  }
  const values = schema['additionalProperties'];
  if (isSchema(values)) visit(values, { ...element, path: `${path}.*` }, fields);
}

function alternatives(schema: Schema): readonly Schema[] {
  const branches = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(branches) ? branches.map(asSchema).flatMap(alternatives) : [schema];
}

/** Variants are told apart by a constant, such as `state: online`. */
function variantName(schema: Schema): string | null {
  const constants = Object.entries(partOf(schema, 'properties')).flatMap(([name, property]) => {
    const value = asSchema(property)['const'];
    return name !== 'schema' && typeof value === 'string' ? [value] : [];
  });
  return constants[0] ?? null;
}

function typesOf(schema: Schema): readonly string[] {
  const type = schema['type'];
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.map(String) : ['any'];
}

function valuesOf(schema: Schema): readonly unknown[] | null {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : null;
}

function textOf(schema: Schema): string {
  return typeof schema['description'] === 'string' ? schema['description'] : '';
}

function pick(schema: Schema, keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(keys.filter((key) => key in schema).map((key) => [key, schema[key]]));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): Schema {
  return isSchema(value) ? value : {};
}
