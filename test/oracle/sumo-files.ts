/** One scenario as the plain XML files that netconvert and sumo read. */
import { ROAD_M, ROAD_SPEED_MS, type TrafficScenario } from './sumo-scenarios.table.ts';

export const LANES = [1, 2, 3] as const;
export const LOOP_LENGTH_M = 2;
/** Front edge to front edge. */
export const SPACING_M = 4;
export const WIDTHS_S = [60, 300] as const;

/** SUMO numbers lanes from the kerb, from 0; we number them from the median, from 1. */
function sumoLane(lane: number): string {
  return `road_${LANES.length - lane}`;
}

export function nodesXml(scenario: TrafficScenario): string {
  const junction = scenario.light === null ? 'priority' : 'traffic_light';
  return `<nodes><node id="w" x="0" y="0"/><node id="end" x="${ROAD_M}" y="0" type="${junction}"/>
<node id="e" x="${ROAD_M + 200}" y="0"/></nodes>`;
}

export function edgesXml(scenario: TrafficScenario): string {
  const { beyondMs } = scenario;
  return `<edges><edge id="road" from="w" to="end" numLanes="3" speed="${ROAD_SPEED_MS}"/>
<edge id="beyond" from="end" to="e" numLanes="3" speed="${beyondMs}"/></edges>`;
}

/**
 * No vehicle is shorter than a loop, and standing vehicles keep more than a loop's length apart, so that
 * every vehicle is a pulse of its own; what a real loop cannot tell apart is not what is judged here.
 */
export function routesXml(scenario: TrafficScenario): string {
  const lanes = scenario.laneChanges ? '' : ' lcSpeedGain="0" lcKeepRight="0" lcCooperative="0"';
  const common = `minGap="2.5" sigma="0.5"${lanes}`;
  const flows = LANES.map((lane) => {
    const departLane = scenario.laneChanges ? 'random' : LANES.length - lane;
    return `<flow id="f${lane}" begin="0" end="100000" route="through" type="mix" departSpeed="max"
 departLane="${departLane}" probability="${(scenario.demandVehH / 3600).toFixed(5)}"/>`;
  });
  return `<routes><vTypeDistribution id="mix">
${scenario.vehicles === 'mixed' ? mixedTypes(common) : equalTypes(common)}
</vTypeDistribution><route id="through" edges="road beyond"/>${flows.join('\n')}</routes>`;
}

function mixedTypes(common: string): string {
  return `<vType id="car" length="4.5" probability="0.75" speedFactor="normc(1,0.1,0.7,1.3)" ${common}/>
<vType id="van" length="6" probability="0.1" speedFactor="normc(0.95,0.1,0.7,1.2)" ${common}/>
<vType id="truck" vClass="truck" length="12" probability="0.15" maxSpeed="13" accel="1.1" ${common}/>`;
}

function equalTypes(common: string): string {
  return `<vType id="car" length="${SPACING_M}" probability="1" speedFactor="normc(1,0.1,0.7,1.3)" ${common}/>`;
}

/**
 * The judges and the source of the edges. A SUMO point is passed by a vehicle's front and then by its rear;
 * a loop is occupied from the front over its near edge until the rear leaves its far edge. So each loop has
 * two instantaneous points, and its E1 has the loop's length. SUMO 1.15 takes an E1's length into account in
 * its occupancy and not in its speeds, which divide the vehicle's length alone by the time on the detector;
 * speeds therefore come from an E1 without length in the middle of the station, where a dual-loop speed,
 * the mean over both loops and both ends of the vehicle, is true.
 *
 * Of a vehicle that stops on the station even that E1 measures another stretch: its own length, about the
 * middle, while the loops measure their spacing, with the front and with the rear. For vehicles as long as the
 * spacing there are two E1 that measure the same: at the near edge of the entry loop (the vehicle leaves it when
 * its front meets the exit loop) and at the far edge of the exit loop (it comes there when its rear leaves the
 * entry loop).
 */
export function detectorsXml(scenario: TrafficScenario): string {
  const { stationM, light } = scenario;
  const loops = [
    ['entry', stationM],
    ['exit', stationM + SPACING_M],
  ] as const;
  const points = [
    ['begin', stationM],
    ['middle', stationM + (SPACING_M + LOOP_LENGTH_M) / 2],
    ['end', stationM + SPACING_M + LOOP_LENGTH_M],
  ] as const;
  const lines = LANES.flatMap((lane) => [
    ...loops.flatMap(([loop, nearM]) => [
      point(`${loop}-${lane}-near`, lane, nearM),
      point(`${loop}-${lane}-far`, lane, nearM + LOOP_LENGTH_M),
      ...WIDTHS_S.map((widthS) =>
        e1({ id: `${loop}-${lane}-${widthS}`, lane, atM: nearM, lengthM: LOOP_LENGTH_M, widthS }),
      ),
    ]),
    ...points.flatMap(([place, atM]) => [
      point(`${place}-${lane}-near`, lane, atM),
      ...WIDTHS_S.map((widthS) => e1({ id: `${place}-${lane}-${widthS}`, lane, atM, lengthM: 0, widthS })),
    ]),
  ]);
  const program =
    light === null
      ? ''
      : `<tlLogic id="end" type="static" programID="test" offset="0"><phase duration="${light.greenS}" state="GGG"/>
<phase duration="3" state="yyy"/><phase duration="${light.redS}" state="rrr"/></tlLogic>`;
  return `<additional>${program}${lines.join('\n')}</additional>`;
}

function point(id: string, lane: number, atM: number): string {
  return `<instantInductionLoop id="${id}" lane="${sumoLane(lane)}" pos="${atM}" file="points.xml"/>`;
}

function e1(of: { id: string; lane: number; atM: number; lengthM: number; widthS: number }): string {
  const length = of.lengthM === 0 ? '' : ` length="${of.lengthM}"`;
  return `<inductionLoop id="${of.id}" lane="${sumoLane(of.lane)}" pos="${of.atM}"${length} period="${of.widthS}" file="e1.xml"/>`;
}
