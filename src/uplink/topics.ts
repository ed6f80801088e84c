import type { StreamName } from '../traffic/stored-record.ts';

/**
 * The topic tree of the contract. Records that could not be sent live go to a tree of their own, so that a
 * receiver of live topics never takes yesterday's queue for today's.
 */
const ROOT = 'roadside/v1';

export function stateTopic(site: string): string {
  return `${ROOT}/${site}/state`;
}

/** Where the platform sends commands; each site listens to its own alone. */
export function commandTopic(site: string): string {
  return `${ROOT}/${site}/command`;
}

/** Where replies go, unless a command names a topic of its own below this one. */
export function replyTopic(site: string): string {
  return `${ROOT}/${site}/reply`;
}

/** Where parts of files go that a command has asked for. */
export function chunkTopic(site: string): string {
  return `${ROOT}/${site}/file`;
}

/** `roadside/v1/<site>[/replay]/<stream>[/<lane>]`: passages and flow have a topic for each lane. */
export function recordTopic(target: {
  readonly site: string;
  readonly stream: StreamName;
  readonly lane: string | null;
  readonly replayed: boolean;
}): string {
  const tree = target.replayed ? `${ROOT}/${target.site}/replay` : `${ROOT}/${target.site}`;
  return target.lane === null ? `${tree}/${target.stream}` : `${tree}/${target.stream}/${target.lane}`;
}

/** Whether each lane has a topic of its own; other streams have one for the site. */
export function hasLaneTopics(stream: StreamName): boolean {
  return stream === 'passage' || stream === 'flow';
}
