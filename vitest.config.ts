import { defineConfig } from 'vitest/config';

/** `unit`: pure and quick, no other process. `real`: real brokers, ports, cameras and processes. */
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
          include: ['test/contracts/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/oracle/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
