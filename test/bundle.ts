// How tests bundle a TypeScript program so that plain Node can run it: as scripts/build.mjs does, but beside the packages
// of this checkout.
import type { BuildOptions, Plugin } from 'esbuild';

/** Programs that tests run by the hundred derive keys with few rounds, as test/keys/few-rounds.ts has it for tests. */
const fewRounds: Plugin = {
  name: 'few rounds',
  setup(build) {
    const contents = 'export const writtenRounds = 3000;';
    build.onLoad({ filter: /keys[/]written-rounds\.ts$/ }, () => ({ contents, loader: 'js' }));
  },
};

export const bundleOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'error',
  plugins: [fewRounds],
} satisfies BuildOptions;
