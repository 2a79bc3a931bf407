// For tests that end a signer from outside: bundles a TypeScript program into a directory of its own, beside a link
// to the packages, and runs it as a child process.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** @returns the path of the program made from `source`, an entry point in this room. */
export async function bundleProgram(dir: string, source: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  await symlink(resolve('node_modules'), join(dir, 'node_modules'));
  await build({
    entryPoints: { program: resolve(import.meta.dirname, source) },
    outdir: dir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  // As bin/ does: programs export `main`, and the file that is run calls it.
  const file = join(dir, 'run.mjs');
  await writeFile(
    file,
    "import { main } from './program.mjs';\nawait main(process.argv.slice(2));\n",
  );
  return file;
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
