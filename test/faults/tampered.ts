/**
 * What a program is started under to have strace answer, delay or end it at these system calls (strace(1), -e inject).
 *
 * @param calls names, comma separated
 * @param how e.g. `error=EIO:when=60+`; calls are counted for each thread
 */
export function tampered(calls: string, how: string): readonly string[] {
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:${how}`];
}
