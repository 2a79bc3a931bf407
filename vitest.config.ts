import { defineConfig } from 'vitest/config';

// Unit tests sit beside the sources; tests that need real programs live in test/interop and are chosen
// by scripts/test.mjs, which also says which peers it found.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'threads',
    testTimeout: 15_000,
    hookTimeout: 30_000,
    reporters: ['default', './test/count-reporter.ts'],
  },
});
