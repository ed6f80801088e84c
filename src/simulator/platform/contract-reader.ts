import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

/** What a platform needs of the published AsyncAPI document: where to subscribe, and what each topic carries. */
export interface ContractReader {
  /** Subscriptions for one site, with `+` for every parameter. */
  topicsOf(site: string): readonly string[];
  /** Why a message breaks the contract, or null when it keeps it. */
  judge(topic: string, payload: unknown): string | null;
}

interface Document {
  readonly channels: Record<
    string,
    { readonly address: string; readonly messages: Record<string, { readonly $ref: string }> }
  >;
  readonly components: {
    readonly messages: Record<string, { readonly payload: { readonly $ref: string } }>;
    readonly schemas: Record<string, object>;
  };
}

/**
 * Reads the contract as any platform would: from the document, knowing nothing of the agent's code.
 *
 * @param file the AsyncAPI 3 document, docs/contract/asyncapi.json
 */
export function readContract(file: string | URL): ContractReader {
  const document = JSON.parse(readFileSync(file, 'utf8')) as Document;
  const ajv = new Ajv({ strict: false, allErrors: true });
  const channels = Object.values(document.channels).map(({ address, messages }) => {
    const validators = Object.values(messages).map(({ $ref }) => {
      const message = document.components.messages[lastPart($ref)];
      const schema = message && document.components.schemas[lastPart(message.payload.$ref)];
      if (schema === undefined) throw new Error(`the contract names ${$ref} and does not define it`);
      return ajv.compile(schema);
    });
    const pattern = new RegExp(`^${address.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    return { address, pattern, validators };
  });
  return {
    topicsOf: (site) =>
      channels.map(({ address }) => address.replace('{site}', site).replaceAll(/\{\w+\}/g, '+')),
    judge(topic, payload) {
      const channel = channels.find(({ pattern }) => pattern.test(topic));
      if (channel === undefined) return `no channel has the topic ${topic}`;
      if (channel.validators.some((validate) => validate(payload))) return null;
      return ajv.errorsText(channel.validators[0]?.errors);
    },
  };
}

function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
