import { defineConfig } from 'vitest/config';

/** Of the real ones, those that measure what the machine can do, or take all of it: a neighbour would spoil both. */
const ALONE = [
  // Take every processor that there is.
  'test/contracts/uplink-simulation.test.ts',
  'test/contracts/camera-vision.test.ts',
  // A loop that is stuck in the real-time class keeps a processor from everybody else.
  'test/contracts/fieldbus-real-time.test.ts',
  // Answers that come in time or too late by some ten milliseconds.
  'test/contracts/bus-scan.test.ts',
  'test/contracts/fieldbus-frames.test.ts',
  'test/contracts/modbus-master.test.ts',
  // Poll periods to a tenth, and every vehicle over every loop.
  'test/contracts/fieldbus-neighbours.test.ts',
  'test/e2e/demo.test.ts',
  'test/e2e/devices.test.ts',
];
const REAL = ['test/contracts/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/oracle/**/*.test.ts'];
/** For what waits on other processes. */
const PATIENCE = { testTimeout: 120_000, hookTimeout: 120_000 };

/**
 * `unit`: pure and quick, no other process. `real`: real brokers, ports, cameras and processes, two files at a time,
 * for one of them keeps a quarter of a processor busy. `real-alone`: the same, one at a time.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/architecture/**/*.test.ts',
            'test/evaluate/**/*.test.ts',
            'test/faults/**/*.test.ts',
            'test/scenarios/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'real',
          include: REAL,
          exclude: ALONE,
          maxWorkers: 2,
          maxConcurrency: 3,
          sequence: { groupOrder: 1 },
          ...PATIENCE,
        },
      },
      {
        test: {
          name: 'real-alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          ...PATIENCE,
        },
      },
    ],
  },
});
