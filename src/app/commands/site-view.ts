import type { LoadedSite } from '../../catalog/load/load-site.ts';
import { redactText } from '../../runtime/redaction.ts';

/** Names whose values stay in the cabinet: what opens something, or tells where that lies. */
const HIDDEN_NAMES = /user|password|secret|token|credential|(ca|cert|key)file$/i;
const HIDDEN = '[hidden]';

/** The site file as it is in force, defaults filled in, without anything that lets somebody in. */
export function siteView({ site }: Pick<LoadedSite, 'site'>): Readonly<Record<string, unknown>> {
  return viewOf(site) as Readonly<Record<string, unknown>>;
}

function viewOf(value: unknown): unknown {
  if (typeof value === 'string') return withoutQuery(redactText(value));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(viewOf);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, HIDDEN_NAMES.test(name) ? HIDDEN : viewOf(item)]),
  );
}

/** Some cameras take user and password as parameters of the address. */
function withoutQuery(text: string): string {
  return URL.canParse(text) ? text.replace(/\?.*$/s, `?${HIDDEN}`) : text;
}
