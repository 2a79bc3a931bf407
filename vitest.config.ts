import { defineConfig } from 'vitest/config';
import { runnableFiles } from './test/peers/peers.ts';

// Two projects, one run and one count: `unit` needs Node alone; `interop` runs against real programs,
// afterwards, and only the files whose programs are on this machine (test/peers/peers.ts).
export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['test/interop/**'],
          pool: 'threads',
          testTimeout: 15_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'interop',
          include: [...runnableFiles()],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
