// `npm run bench`: bundles the benchmark, which is TypeScript, into a folder beside the packages that it
// needs, and runs it in this process. The arguments are those of options.ts.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

process.chdir(resolve(import.meta.dirname, '..'));
const cache = resolve('node_modules/.cache');
await mkdir(cache, { recursive: true });
const folder = await mkdtemp(`${cache}/bench-`);
try {
  await build({
    entryPoints: {
      main: fileURLToPath(import.meta.resolve('./main.ts')),
      reader: fileURLToPath(import.meta.resolve('./load/reader.ts')),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  const { main } = await import(pathToFileURL(`${folder}/main.mjs`).href);
  process.exitCode = await main(process.argv.slice(2), `${folder}/reader.mjs`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
