// Lets a script use a module of src/ or test/ that is written in TypeScript, before anything is built.
import { build } from 'esbuild';

/** What a module imports only when it is used stays outside too: scripts read tables, they run nothing. */
const laterImports = {
  name: 'later-imports',
  setup(plugins) {
    plugins.onResolve({ filter: /^\./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/**
 * The exports of the TypeScript module at `path`, bundled with what it imports of ours. Packages stay
 * outside and must not be needed: the result is evaluated from memory and has no place of its own.
 */
export async function loadTypeScript(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    plugins: [laterImports],
  });
  const [module] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(module.contents).toString('base64')}`);
}
