import { z } from 'zod';

/** The part of JSON Schema (draft 7, what editors read) that this program's own schemas use. */
export interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

export type Path = readonly (string | number)[];

/** The JSON Schema of a file as people write it: what has a default is not required. */
export function jsonSchemaOf(schema: z.ZodType, title: string): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return { $schema, title, ...rest } as JsonSchema;
}

/** The schema of the place that `path` names in `value`; null where the path leaves the schema. */
export function schemaAt(schema: JsonSchema, path: Path, value: unknown): JsonSchema | null {
  const chosen = chooseVariant(schema, value);
  const [step, ...rest] = path;
  if (step === undefined) return chosen;
  const child = childOf(chosen, step);
  return child === null ? null : schemaAt(child, rest, childValue(value, step));
}

/** The value at a path of parsed YAML; undefined when there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce(childValue, value);
}

function childOf(schema: JsonSchema, step: string | number): JsonSchema | null {
  if (typeof step === 'string') {
    const extra = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null;
    return schema.properties?.[step] ?? extra;
  }
  const items = schema.items;
  if (items === undefined) return null;
  return isTuple(items) ? (items[step] ?? null) : items;
}

function isTuple(items: JsonSchema | readonly JsonSchema[]): items is readonly JsonSchema[] {
  return Array.isArray(items);
}

function childValue(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined;
}

/** Of a union, the variant whose constants the value carries; else the first. */
function chooseVariant(schema: JsonSchema, value: unknown): JsonSchema {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants === undefined) return schema;
  const fits = variants.find((variant) => {
    const constants = Object.entries(variant.properties ?? {}).filter(
      ([, child]) => child.const !== undefined,
    );
    return constants.length > 0 && constants.every(([key, child]) => childValue(value, key) === child.const);
  });
  const chosen = fits ?? variants[0] ?? schema;
  const description = schema.description ?? chosen.description;
  return description === undefined ? chosen : { ...chosen, description };
}
