/** The password in the text of its file: without the mark and the line breaks that editors add. */
export function passwordIn(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/[\r\n]+$/, '');
}
