import { describe, expect, it } from 'vitest';
import { createIntervalPlacement } from './interval-placement.ts';

const WALL_MS = Date.UTC(2026, 4, 1, 8);
const AT = { monoMs: 500_000, wallMs: WALL_MS };
const periodMs = 30_000;

describe('the place of a device interval', () => {
  it('is where the device says, when its clock can be right', () => {
    const placement = createIntervalPlacement();
    expect(placement.endOf({ endWallMs: WALL_MS - 4000, periodMs }, AT)).toBe(496_000);
    expect(placement.endOf({ endWallMs: WALL_MS + 1500, periodMs }, AT)).toBe(500_000);
  });

  it.each([
    ['an hour behind', WALL_MS - 3_600_000],
    ['more than two periods behind', WALL_MS - 60_001],
    ['ahead of ours', WALL_MS + 5000],
    ['not set', null],
  ])('is the moment of reception when the clock is %s', (_, endWallMs) => {
    expect(createIntervalPlacement().endOf({ endWallMs, periodMs }, AT)).toBe(AT.monoMs);
  });

  it('is in the past for intervals that a trusted device has kept through an outage', () => {
    const placement = createIntervalPlacement();
    placement.endOf({ endWallMs: WALL_MS, periodMs }, AT);
    const later = { monoMs: AT.monoMs + 600_000, wallMs: WALL_MS + 600_000 };
    expect(placement.endOf({ endWallMs: WALL_MS + 30_000, periodMs }, later)).toBe(530_000);
    expect(placement.endOf({ endWallMs: WALL_MS + 60_000, periodMs }, later)).toBe(560_000);
  });
});
