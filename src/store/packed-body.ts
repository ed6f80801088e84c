import { PHRASES } from './packed-body.table.ts';

/**
 * JSON text never holds this character: JSON.stringify writes it as six (ECMA-262, QuoteJSONString). So a text that was
 * stored as it is, by an earlier version, unpacks to itself.
 */
const MARK = '\u0001';
/** `!`, the first printable character behind the space; `~` stands for the last of 94 phrases. */
const FIRST_CODE = 0x21;

const MARK_OF = new Map(
  PHRASES.map((phrase, place) => [phrase, MARK + String.fromCharCode(FIRST_CODE + place)]),
);
const LONGEST_FIRST = PHRASES.toSorted((a, b) => b.length - a.length);
const ANY_PHRASE = new RegExp(LONGEST_FIRST.map(literally).join('|'), 'g');

/** The JSON text of a record with what most records hold in two bytes for each phrase: about half as long. */
export function packBody(body: string): string {
  return body.replace(ANY_PHRASE, (phrase) => MARK_OF.get(phrase) ?? phrase);
}

/** The text again, byte for byte. What a damaged file holds instead stays what it is, text or not. */
export function unpackBody(packed: string): string {
  if (typeof packed !== 'string') return packed;
  let body = '';
  let from = 0;
  for (let at = packed.indexOf(MARK); at >= 0; at = packed.indexOf(MARK, from)) {
    const phrase = PHRASES[packed.charCodeAt(at + 1) - FIRST_CODE];
    body += packed.slice(from, at) + (phrase ?? packed.slice(at, at + 2));
    from = at + 2;
  }
  return from === 0 ? packed : body + packed.slice(from);
}

function literally(text: string): string {
  return text.replace(/[[\]{}]/g, '\\$&');
}
