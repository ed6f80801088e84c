/** A password that is written out in a path or query, as some cameras want it; `{password}` is only its place. */
const WRITTEN_OUT = /([?&/;](?:login|user)?(?:pas|pass|passwd|password|pwd|psw)=)(?!\{)[^&\s'"/;]+/gi;

export function hasPasswordWrittenOut(address: string): boolean {
  return withoutWrittenPassword(address) !== address;
}

/** The same text, with stars for each password in an address. */
export function withoutWrittenPassword(text: string): string {
  return text.replaceAll(WRITTEN_OUT, '$1***');
}
