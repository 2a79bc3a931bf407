// What every start pays for: the entry chunk and all that it imports, for `paraph` whatever the command, and for a
// server. Sizes and imports are gates; times are measured by the bench.
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const maxEntryBytes = 60 * 1000;

let outputs: Metafile['outputs'];

beforeAll(async () => {
  const { metafile } = await build({
    entryPoints: [resolve('src/cli/main.ts')],
    outdir: 'out',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  ({ outputs } = metafile);
});

/** Chunks that are loaded with `path`, itself included, and what is imported from outside. */
function loadedWith(path: string): { chunks: Set<string>; outside: Set<string> } {
  const chunks = new Set([path]);
  const outside = new Set<string>();
  for (const chunk of chunks) {
    for (const { path: target, kind, external } of outputs[chunk]?.imports ?? []) {
      if (kind === 'dynamic-import') continue;
      if (external === true) outside.add(target);
      else chunks.add(target);
    }
  }
  return { chunks, outside };
}

function chunkOf(source: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source);
  if (found === undefined) throw new Error(`${source} is no chunk of its own`);
  return found[0];
}

describe('a start', () => {
  it('loads at most 60 kB of ours: the table, its grammar and nothing that a command needs', () => {
    const { chunks } = loadedWith(chunkOf('src/cli/main.ts'));
    const inputs = [...chunks].flatMap((chunk) => Object.entries(outputs[chunk]?.inputs ?? {}));
    const bytes = inputs.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    expect(bytes).toBeLessThan(maxEntryBytes);
    const rooms = inputs.map(([path]) => path).filter((path) => !path.startsWith('src/cli/'));
    expect(rooms).toEqual([]);
  });

  it('is one file that imports no package; reading a command line adds commander', () => {
    const { chunks, outside } = loadedWith(chunkOf('src/cli/main.ts'));
    expect(chunks.size).toBe(1);
    expect([...outside].filter((name) => !isBuiltin(name))).toEqual([]);
    const grammar = loadedWith(chunkOf('src/cli/paraph/grammar.ts'));
    expect([...grammar.outside].filter((name) => !isBuiltin(name))).toEqual(['commander']);
  });
});

describe('the notary command line', () => {
  it('is read without a package, and without what its commands need', () => {
    const { chunks, outside } = loadedWith(chunkOf('src/cli/notary/run.ts'));
    expect([...outside].filter((name) => !isBuiltin(name))).toEqual([]);
    const inputs = [...chunks].flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {}));
    const wings = /^src\/(client|keys|remote|tuf|disk|config|server|signer|daemon|sandbox)\//;
    expect(inputs.filter((path) => wings.test(path))).toEqual([]);
  });
});

describe('a command of consumers', () => {
  it.each(['paraph/verify', 'paraph/inspect', 'notary/list', 'notary/verify'])(
    '%s loads no daemon, no database and no log',
    (name) => {
      const { outside, chunks } = loadedWith(chunkOf(`src/cli/${name}.ts`));
      const packages = [...outside].filter((module) => !isBuiltin(module));
      expect(packages.filter((module) => module !== 'picocolors')).toEqual([]);
      const inputs = [...chunks].flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {}));
      expect(inputs.filter((path) => /^src\/(server|signer|daemon|sandbox)\//.test(path))).toEqual(
        [],
      );
    },
  );
});

describe('the plug-in of docker', () => {
  it('says who it is without loading a command, a grammar or a package', () => {
    const { chunks, outside } = loadedWith(chunkOf('src/cli/docker/run.ts'));
    const inputs = [...chunks].flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {}));
    expect(
      inputs.filter((path) => !/^src\/(cli\/docker\/(run|plugin)|version)\.ts$/.test(path)),
    ).toEqual([]);
    expect([...outside].filter((name) => !isBuiltin(name))).toEqual([]);
  });

  it.each(['inspect', 'sign'])('%s loads no daemon, no database and no log', (name) => {
    const { outside, chunks } = loadedWith(chunkOf(`src/cli/docker/${name}.ts`));
    expect([...outside].filter((module) => !isBuiltin(module))).toEqual([]);
    const inputs = [...chunks].flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {}));
    expect(inputs.filter((path) => /^src\/(server|signer|daemon|sandbox)\//.test(path))).toEqual(
      [],
    );
  });
});

describe('a server', () => {
  it('listens before it loads gRPC, and loads no signer', () => {
    const { outside, chunks } = loadedWith(chunkOf('src/server/server.ts'));
    expect([...outside]).not.toContain('@grpc/grpc-js');
    const inputs = [...chunks].flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {}));
    expect(inputs.filter((path) => /^src\/(signer|daemon\/rpc)\//.test(path))).toEqual([]);
  });
});

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}
