import { access, constants, readFile, stat } from 'node:fs/promises';
import { passwordIn } from '../base/password-text.ts';
import type { Site } from '../catalog/schema/site.ts';

/** Read or written by anybody but its owner. */
const OTHERS = 0o077;
const SECRET_MAX_BYTES = 4096;

/** What is wrong with the files that a site names: on a laptop they may be missing, in the cabinet not. */
export async function fileWarnings({ cameras, uplink }: Site): Promise<readonly string[]> {
  const logins = cameras.map(({ source }) => (source.kind === 'file' ? undefined : source.passwordFile));
  const secrets = [...logins, uplink.passwordFile].filter(isNamed);
  const clips = cameras.map(({ source }) => (source.kind === 'file' ? source.path : undefined));
  const others = [...clips, uplink.caFile, uplink.certFile, uplink.keyFile].filter(isNamed);
  const warnings = await Promise.all([
    ...[...new Set(secrets)].map(secretWarnings),
    ...[...new Set(others)].map(readingWarnings),
  ]);
  return warnings.flat();
}

function isNamed(path: string | undefined): path is string {
  return path !== undefined;
}

async function readingWarnings(path: string): Promise<readonly string[]> {
  try {
    await access(path, constants.R_OK);
    return [];
  } catch {
    return [
      `File ${path} is not on this machine or not readable for this user. 本机没有该文件，或当前用户无权读取。`,
    ];
  }
}

async function secretWarnings(path: string): Promise<readonly string[]> {
  const missing = await readingWarnings(path);
  if (missing.length > 0) return missing;
  const found = await stat(path);
  if (!found.isFile() || found.size > SECRET_MAX_BYTES) {
    return [`${path} is no password file: one line of text is expected. 不是密码文件：应为一行文本。`];
  }
  const password = passwordIn(await readFile(path, 'utf8'));
  const isOpen = (found.mode & OTHERS) !== 0;
  return [
    ...(isOpen ? [`File ${path} can be read by others: chmod 600. 其他用户可读取该密码文件。`] : []),
    ...(password === '' ? [`File ${path} holds no password. 密码文件为空。`] : []),
    ...(/[\r\n]/.test(password)
      ? [`File ${path} has more than one line; all of them are the password. 密码文件不止一行。`]
      : []),
    ...(password.trim() === password
      ? []
      : [`The password in ${path} begins or ends with a space. 密码首尾有空格。`]),
  ];
}
