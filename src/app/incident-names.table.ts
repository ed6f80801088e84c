import type { Incident, IncidentKind } from '../traffic/record.ts';

/** What a technician reads beside the words of the records. */
export const INCIDENT_NAMES: Readonly<Record<IncidentKind, string>> = {
  'stopped-vehicle': '异常停车',
  'wrong-way': '逆行',
  pedestrian: '行人闯入',
  cyclist: '非机动车闯入',
  congestion: '拥堵',
  'slow-traffic': '缓行',
  'object-on-road': '抛洒物',
  collision: '碰撞',
};

export const CERTAINTY_NAMES: Readonly<Record<Incident['certainty'], string>> = {
  suspected: '疑似',
  confirmed: '已确认',
};

export const SEVERITY_NAMES: Readonly<Record<Incident['severity'], string>> = {
  critical: '严重',
  warning: '警告',
  notice: '注意',
};

export const EVIDENCE_NAMES: Readonly<Record<Incident['evidence'][number]['kind'], string>> = {
  picture: '图片',
  clip: '录像',
};
