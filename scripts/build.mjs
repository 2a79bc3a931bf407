// Bundles the programs named below into dist/, with shared chunks, so that a start loads only what
// its command needs. Runs on `npm ci` (the prepare script). Packages stay outside the bundle: they
// are installed beside it, and a native add-on cannot be bundled at all.
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

const entryPoints = {
  paraph: 'src/cli/main.ts',
  'paraph-server': 'src/server/main.ts',
  'paraph-signer': 'src/signer/main.ts',
};

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints,
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
