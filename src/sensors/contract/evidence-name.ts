/** What a half-written file is called until it is whole. */
export const PART_SUFFIX = '.part';
const EVIDENCE_NAME = /^[a-z0-9][a-z0-9-]{0,150}\.(?:jpg|mp4)$/;

/**
 * The name of an incident's file: its id with hyphens for slashes. Whatever the id holds, the name is one plain name
 * within its folder.
 */
export function evidenceName(incident: string, kind: 'picture' | 'clip'): string {
  const plain = incident.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `${plain.replace(/^-+/, '').slice(0, 140) || 'incident'}.${kind === 'picture' ? 'jpg' : 'mp4'}`;
}

/** Whether a file may be one of ours; nothing else in the folder is ever read, removed or handed out. */
export function isEvidenceName(name: string): boolean {
  return EVIDENCE_NAME.test(name);
}
