/** Site, approach, bus, device, loop and camera names: they become MQTT topic levels and file names. */
export const ID_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** `site/boot/stream/seq`: the same record always has the same id, on every redelivery and every replay. */
export function recordId(parts: { site: string; boot: string; stream: string; seq: number }): string {
  return `${parts.site}/${parts.boot}/${parts.stream}/${parts.seq}`;
}

/** `north-1`: lanes of an approach are numbered from the median outwards (GA/T 1049.2 allows 1-99). */
export function laneId(approach: string, number: number): string {
  return `${approach}-${number}`;
}
