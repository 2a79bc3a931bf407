// For tests that end a daemon from outside: bundles a TypeScript program into a directory of its own, beside a link
// to the packages, and runs it as a child process.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from '../bundle.ts';

/** The programs, spelled out so that checks of the sources see what is used. */
const sources = {
  server: new URL('../../src/server/main.ts', import.meta.url),
  signer: new URL('../../src/signer/main.ts', import.meta.url),
  crash: new URL('../signer/programs/crash-program.ts', import.meta.url),
} as const;

/** @returns the path of the program that was made in `dir`. */
export async function bundleProgram(dir: string, source: keyof typeof sources): Promise<string> {
  await mkdir(dir, { recursive: true });
  await symlink(resolve('node_modules'), join(dir, 'node_modules'));
  await build({
    entryPoints: { program: fileURLToPath(sources[source]) },
    outdir: dir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    ...bundleOptions,
  });
  // As bin/ does: programs export `main`, and the file that is run calls it.
  const file = join(dir, 'run.mjs');
  await writeFile(
    file,
    "import { main } from './program.mjs';\nawait main(process.argv.slice(2));\n",
  );
  return file;
}

/**
 * NODE_OPTIONS with which a daemon runs `statement` as soon as it listens to signals. There may be neither quotes nor
 * spaces in it.
 */
export function onceSignalsAreHeard(statement: string): string {
  const isLast = 'name===/SIGINT/.source';
  const hook = `process.on(/newListener/.source,(name)=>${isLast}&&setImmediate(()=>${statement}))`;
  return `--import=data:text/javascript,${hook}`;
}

export interface Child {
  readonly process: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  /** Resolves when its output contains `text`; rejects when it ends first. */
  says(text: string): Promise<void>;
  /** Its exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export function runProgram(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Child {
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const collect = (chunk: Buffer): void => {
    text += chunk.toString();
    child.emit('said');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'close').then(
    ([code, signal]: (number | string | null)[]) => code ?? signal ?? '',
  );
  return {
    process: child,
    output: () => text,
    ended,
    async says(wanted) {
      while (!text.includes(wanted)) {
        const isOver = await Promise.race([
          once(child, 'said').then(() => false),
          ended.then(() => true),
        ]);
        if (isOver && !text.includes(wanted))
          throw new Error(`ended without saying ${wanted}: ${text}`);
      }
    },
  };
}
