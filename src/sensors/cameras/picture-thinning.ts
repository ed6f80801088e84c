import { EARLY_SHARE } from './newest-frame.ts';

/**
 * A filter of ffmpeg that passes pictures at a rate, by the moments at which they come: those that nobody will look
 * at are not scaled and not handed over. It decides on each picture at once, where `fps` waits for the next one.
 * The rule is createFrameClock's, on the wall clock, which is the only one that ffmpeg's expressions have; when that
 * jumps, the grid starts anew. 0 is the moment at which the next picture is due, 1 how late this one is, in s.
 */
export function thinningFilter(framesPerSecond: number): string {
  const intervalS = (1 / framesPerSecond).toFixed(6);
  const tooEarly = `between(ld(1),-2*${intervalS},-${EARLY_SHARE}*${intervalS})`;
  const next = `ld(0)+${intervalS}+if(gt(abs(ld(1)),${intervalS}),ld(1),0)`;
  return `select='st(1,time(0)-ld(0));if(${tooEarly},0,st(0,${next}))'`;
}
