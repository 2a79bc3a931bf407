import { defineConfig } from 'vitest/config';
import { leftOut } from './test/peers/needs.ts';

const cannotRun = [...leftOut().keys()];

// Two projects, one run and one count: `unit` needs Node alone; `interop` runs against real programs,
// afterwards. A file whose peers are not on this machine is left out (test/peers/needs.ts).
export default defineConfig({
  test: {
    reporters: ['default', './test/interop/matrix/reporter.ts', './test/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/interop/**', ...cannotRun],
          setupFiles: ['test/keys/few-rounds.ts'],
          pool: 'threads',
          maxWorkers: 2,
          testTimeout: 15_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          exclude: cannotRun,
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
