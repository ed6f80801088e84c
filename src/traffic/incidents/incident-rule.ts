import type { IncidentKind } from '../record.ts';
import type { IncidentRules, LaneKind, LaneRule } from '../site-definition.ts';
import type { LifeRule } from './lane-incident.ts';

const RULE_OF = {
  'stopped-vehicle': 'stoppedVehicle',
  'wrong-way': 'wrongWay',
  pedestrian: 'pedestrian',
  cyclist: 'cyclist',
  congestion: 'congestion',
  'slow-traffic': 'slowTraffic',
  'object-on-road': 'objectOnRoad',
  collision: 'collision',
} as const satisfies Readonly<Record<IncidentKind, keyof IncidentRules>>;

export function isIncidentKind(name: string): name is IncidentKind {
  return Object.hasOwn(RULE_OF, name);
}

export function ruleOf(rules: IncidentRules, kind: IncidentKind): LaneRule {
  return rules[RULE_OF[kind]];
}

export function lifeRuleOf(rules: IncidentRules, kind: IncidentKind): LifeRule {
  const { dwellS, clearS } = ruleOf(rules, kind);
  return { dwellS, clearS, coolDownS: rules.coolDownS };
}

/** Whether this is an incident in a lane of this kind. */
export function isWatched(rules: IncidentRules, kind: IncidentKind, lane: LaneKind): boolean {
  return ruleOf(rules, kind).lanes.includes(lane);
}
