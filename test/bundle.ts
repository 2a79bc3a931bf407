// How tests bundle a TypeScript program so that plain Node can run it: as scripts/build.mjs does, but beside the packages
// of this checkout.
import type { BuildOptions } from 'esbuild';

export const bundleOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'error',
} as const satisfies BuildOptions;
