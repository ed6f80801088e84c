/**
 * A simulated detector that speaks GB/T 43229-2023 (Table 5): it asks for the link each 5 s until it has it,
 * answers heartbeats and questions about its state, and uploads realtime records, statistics and changes of
 * its state.
 */

import { createGbtFrameReader, encodeGbtFrame, type GbtCrc } from './gbt43229-wire.ts';
import type { SimulatedDevice } from './simulated-device.ts';

export interface Gbt43229Detector extends SimulatedDevice {
  /** Lets the detector's time pass: what it sends by itself until then. Times never go back. */
  advance(atMs: number): readonly Uint8Array[];
  /** `channel` from 1. The vehicle is known, and counted, when it leaves. */
  setOccupied(channel: number, occupied: boolean, atMs: number, vehicle?: GbtVehicle): void;
  /** The channel's state as object 0205 tells it. */
  setAbnormal(channel: number, isAbnormal: boolean): void;
}

export interface GbtVehicle {
  readonly lengthM: number;
  readonly speedKmh: number;
}

export interface Gbt43229DetectorPlan {
  /** 7 bytes in hexadecimal, in the order of the wire. */
  readonly identity: string;
  /** The controller that it knows. */
  readonly controller: string;
  readonly channels: number;
  readonly crc: GbtCrc;
  readonly statisticsMs: number;
  /** Wall time of its clock at 0, in its own zone: what it stamps with. */
  readonly clockAtZeroMs: number;
}

const REALTIME_MS = 2000;
const LINK_AGAIN_MS = 5000;
/** Without a heartbeat for so long it is off line. */
const LINK_LOST_MS = 15_000;
const [QUERY, SET, UPLOAD, QUERY_REPLY, SET_REPLY, ERROR] = [0x80, 0x81, 0x82, 0x83, 0x84, 0x86];
const [LINK, STATUS, REALTIME, STATISTICS] = [0x0101, 0x0205, 0x0301, 0x0302];
const UNKNOWN_OBJECT = 7;
const CAR: GbtVehicle = { lengthM: 4.5, speedKmh: 50 };

export function createGbt43229Detector(plan: Gbt43229DetectorPlan): Gbt43229Detector {
  const reader = createGbtFrameReader(plan.crc);
  const channels = Array.from({ length: plan.channels }, () => createChannel());
  let nowMs = 0;
  let linkDueMs = 0;
  let linkHeardMs: number | null = null;
  let realtimeDueMs = REALTIME_MS;
  let statisticsDueMs = plan.statisticsMs;
  let toldStates = '';

  const frame = (operation: number, object: number, content: readonly number[] = []): Uint8Array =>
    encodeGbtFrame(
      { sender: plan.identity, receiver: plan.controller, operation, object, content },
      plan.crc,
    );
  const stamp = (atMs: number): readonly number[] => {
    const clockMs = plan.clockAtZeroMs + atMs;
    return [...little(Math.floor(clockMs / 1000), 4), ...little(clockMs % 1000, 2)];
  };
  const perChannel = (record: (channel: Channel, number: number) => readonly number[]): readonly number[] => [
    channels.length,
    ...channels.flatMap((channel, index) => record(channel, index + 1)),
  ];
  const status = (): readonly number[] => [
    ...stamp(nowMs),
    ...perChannel((channel, number) => [number, Number(channel.isAbnormal), 0, 0]),
  ];

  const closeStatistics = (): readonly number[] => {
    const [fromMs, toMs] = [statisticsDueMs - plan.statisticsMs, statisticsDueMs];
    const records = perChannel((channel, number) => channel.closeInterval(number, { fromMs, toMs }));
    statisticsDueMs += plan.statisticsMs;
    return [...stamp(fromMs), ...stamp(toMs), ...records];
  };

  const isLinked = (): boolean => linkHeardMs !== null && nowMs - linkHeardMs <= LINK_LOST_MS;

  /** All that falls due up to now, in order of time. What falls due off line is lost to the listener. */
  const sendDue = (): readonly Uint8Array[] => {
    const out: Uint8Array[] = [];
    if (!isLinked() && linkDueMs <= nowMs) {
      linkDueMs = nowMs + LINK_AGAIN_MS;
      out.push(frame(SET, LINK));
    }
    const states = channels.map((channel) => Number(channel.isAbnormal)).join('');
    if (isLinked() && states !== toldStates && toldStates !== '') out.push(frame(UPLOAD, STATUS, status()));
    toldStates = states;
    for (; realtimeDueMs <= nowMs; realtimeDueMs += REALTIME_MS) {
      const records = perChannel((_, number) => realtime(number));
      if (isLinked()) out.push(frame(UPLOAD, REALTIME, [...stamp(nowMs), ...records]));
    }
    while (statisticsDueMs <= nowMs) {
      const content = closeStatistics();
      if (isLinked()) out.push(frame(UPLOAD, STATISTICS, content));
    }
    return out;
  };

  const answer = (operation: number, object: number): readonly Uint8Array[] => {
    if (object === LINK && (operation === QUERY || operation === SET_REPLY)) linkHeardMs = nowMs;
    if (operation !== QUERY) return [];
    if (object === LINK) return [frame(QUERY_REPLY, LINK)];
    if (object === STATUS) return [frame(QUERY_REPLY, STATUS, status())];
    return [frame(ERROR, object, [UNKNOWN_OBJECT])];
  };

  const pass = (atMs: number): void => {
    nowMs = Math.max(nowMs, atMs);
  };
  return {
    receive(bytes, atMs) {
      pass(atMs);
      const asked = reader.read(bytes).filter((it) => it.receiver === plan.identity);
      return asked.flatMap(({ operation, object }) => answer(operation, object));
    },
    advance(atMs) {
      pass(atMs);
      return sendDue();
    },
    setOccupied(channel, occupied, atMs, vehicle = CAR) {
      pass(atMs);
      channels[channel - 1]?.setOccupied(occupied, atMs, vehicle);
    },
    setAbnormal(channel, isAbnormal) {
      const state = channels[channel - 1];
      if (state !== undefined) state.isAbnormal = isAbnormal;
    },
  };
}

interface Channel {
  isAbnormal: boolean;
  setOccupied(occupied: boolean, atMs: number, vehicle: GbtVehicle): void;
  /** The record of the interval, and the next begins. */
  closeInterval(
    number: number,
    interval: { readonly fromMs: number; readonly toMs: number },
  ): readonly number[];
}

interface Left {
  readonly vehicle: GbtVehicle;
  readonly onMs: number;
  readonly offMs: number;
}

function createChannel(): Channel {
  let onMs: number | null = null;
  let left: Left[] = [];
  let lastOnMs: number | null = null;
  let lastOffMs: number | null = null;
  const headwaysS: number[] = [];
  const gapsS: number[] = [];
  return {
    isAbnormal: false,
    setOccupied(occupied, atMs, vehicle) {
      if (occupied) {
        if (onMs !== null) return;
        onMs = atMs;
        if (lastOnMs !== null) headwaysS.push((atMs - lastOnMs) / 1000);
        if (lastOffMs !== null) gapsS.push((atMs - lastOffMs) / 1000);
        lastOnMs = atMs;
      } else if (onMs !== null) {
        left.push({ vehicle, onMs, offMs: atMs });
        lastOffMs = atMs;
        onMs = null;
      }
    },
    closeInterval(number, { fromMs, toMs }) {
      const counted = left.filter((it) => it.offMs <= toMs);
      left = left.filter((it) => it.offMs > toMs);
      const occupied = [...counted, ...left, ...(onMs === null ? [] : [{ onMs, offMs: toMs }])];
      const onTimes = occupied.map((it) => Math.max(0, Math.min(it.offMs, toMs) - Math.max(it.onMs, fromMs)));
      const count = (from: number, to: number): number =>
        counted.filter(({ vehicle }) => vehicle.lengthM >= from && vehicle.lengthM < to).length;
      const record = [
        number,
        ...little(count(12, Number.POSITIVE_INFINITY), 2),
        ...little(count(6, 12), 2),
        ...little(count(0, 6), 2),
        ...little(Math.min(1000, Math.round((1000 * sumOf(onTimes)) / (toMs - fromMs))), 2),
        saturate(meanOf(counted.map((it) => it.vehicle.speedKmh))),
        ...little(Math.round(10 * meanOf(counted.map((it) => it.vehicle.lengthM))), 2),
        saturate(10 * meanOf(headwaysS.splice(0))),
        saturate(10 * meanOf(gapsS.splice(0))),
        ...[0, 0, 0, 0, 0, 0],
      ];
      return record;
    },
  };
}

/** Three vehicles each time, which nobody may add to the statistics. */
function realtime(number: number): readonly number[] {
  return [number, 1, 1, 1, ...little(250, 2), 50, ...little(45, 2), 20, 15, 0, 0, 8, 0x55, 0, 0, 0, 0];
}

function little(value: number, bytes: number): readonly number[] {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** index) % 256);
}

function saturate(value: number): number {
  return Math.min(255, Math.round(value));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length;
}
