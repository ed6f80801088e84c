import type { CameraGeometry, LineGeometry } from '../app/camera-geometry.ts';

/** What the calibration of one camera is worth, for the technician who has just measured it. */
export function geometryLines(camera: string, geometry: CameraGeometry): readonly string[] {
  return [fitLine(camera, geometry), ...geometry.lines.map(lineLine)];
}

function fitLine(
  camera: string,
  { marks, errorPx, errorM, worstMark, marksAccuracyM }: CameraGeometry,
): string {
  if (worstMark === null) {
    return (
      `${camera}: ${marks} marks, which always fit: speeds rest on their accuracy of ${marksAccuracyM} m; ` +
      `add a fifth to check 四个标记无法互相检验，请再量一个`
    );
  }
  return (
    `${camera}: ${marks} marks 标记, reprojection error 重投影误差 ${errorPx} px, ${errorM} m; mark ` +
    `${worstMark.mark} lies ${worstMark.errorM} m from where the others put it 与其余标记相差`
  );
}

function lineLine(line: LineGeometry): string {
  const scale = `${line.lane}: ${line.nearMPerPx} to ${line.farMPerPx} m per pixel 米/像素`;
  const length = line.hasLength ? 'length 可测车长' : 'no length 不可测车长';
  return `${scale}, ${speedText(line)}, ${length}`;
}

function speedText({ hasSpeed, speedKmh, speedUncertaintyPct }: LineGeometry): string {
  if (speedUncertaintyPct === null) return 'no speed 不可测速: the plane does not reach 超出标定范围';
  const bound = `±${speedUncertaintyPct} % at ${speedKmh} km/h`;
  return hasSpeed ? `speed 可测速 ${bound}` : `no speed 不可测速 (${bound})`;
}
