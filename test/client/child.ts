// Runs a TypeScript program in a child process that can be killed at any step of its work on disk: the
// child counts each call that would change the file system and dies by SIGKILL before the one that is asked for, or in
// the middle of it when it writes (syncing is no such call: what a killed process has written is there, synced or not).
// Calls that found nothing to change since the last step are no steps: dying there leaves what dying before has left.
// No hook in the sources is needed, so the steps are those that really happen.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from '../bundle.ts';

const preload = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
const killAt = Number(process.env.KILL_AT ?? 0);
let steps = 0;
let isChanged = true;
const changed = () => { isChanged = true; };
const isLast = () => {
  if (!isChanged) return false;
  isChanged = false;
  return ++steps === killAt;
};
const die = () => process.kill(process.pid, 'SIGKILL');
const forever = () => new Promise(() => {});
for (const name of ['mkdir', 'rename', 'rm', 'unlink', 'link']) {
  const original = fs.promises[name];
  fs.promises[name] = async (...args) => {
    if (isLast()) { die(); await forever(); }
    const isThere = name === 'rm' && fs.existsSync(args[0]);
    const result = await original(...args);
    if (name === 'mkdir' ? result !== undefined || !args[1]?.recursive : name !== 'rm' || isThere) changed();
    return result;
  };
}
const handle = await fs.promises.open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle);
await handle.close();
const { writeFile } = prototype;
prototype.writeFile = async function (bytes, ...rest) {
  changed(); // half of it is a state of its own
  if (isLast()) {
    const whole = Buffer.from(bytes);
    await writeFile.call(this, whole.subarray(0, whole.length >> 1), ...rest);
    die();
    await forever();
  }
  const result = await writeFile.call(this, bytes, ...rest);
  changed();
  return result;
};
// A program of the test marks other steps, such as a request, by calling this: before it, or after it has changed
// something elsewhere.
globalThis.step = async (hasChanged) => {
  if (hasChanged) changed();
  if (isLast()) { die(); await forever(); }
};
syncBuiltinESMExports();
process.on('exit', () => fs.writeSync(2, '\\nSTEPS ' + steps + '\\n'));
`;

export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildProgram {
  /** Runs it; `killAt` counts from 1, 0 lets it finish. `wrapper` is a command put before node. */
  run(
    args: readonly string[],
    options?: { readonly killAt?: number; readonly wrapper?: readonly string[] },
  ): Promise<ChildResult>;
  /** Starts it and leaves it running. */
  start(args: readonly string[], wrapper?: readonly string[]): ReturnType<typeof spawn>;
  remove(): Promise<void>;
}

/** The programs, spelled out so that checks of the sources see what is used. */
const programs = {
  'cache-update': new URL('./programs/cache-update.ts', import.meta.url),
  counter: new URL('./programs/counter.ts', import.meta.url),
  forget: new URL('./programs/forget.ts', import.meta.url),
  'lock-holder': new URL('./programs/lock-holder.ts', import.meta.url),
  rotate: new URL('./programs/rotate.ts', import.meta.url),
  sign: new URL('./programs/sign.ts', import.meta.url),
  staged: new URL('./programs/staged.ts', import.meta.url),
} as const;

/** Bundles a program so that plain Node can run it. */
export async function childProgram(name: keyof typeof programs): Promise<ChildProgram> {
  const directory = await mkdtemp(join(tmpdir(), 'paraph-child-'));
  const preloadPath = join(directory, 'preload.mjs');
  const programPath = join(directory, 'program.mjs');
  await chmod(directory, 0o755); // also for children that run as another user
  await writeFile(preloadPath, preload);
  await build({
    entryPoints: [fileURLToPath(programs[name])],
    outfile: programPath,
    ...bundleOptions,
  });
  const nodeArgs = ['--import', preloadPath, programPath];
  const environment = (killAt: number) => ({ PATH: process.env['PATH'], KILL_AT: String(killAt) });
  return {
    async run(args, { killAt = 0, wrapper = [] } = {}) {
      const [command, ...before] = [...wrapper, process.execPath];
      const child = spawn(command ?? process.execPath, [...before, ...nodeArgs, ...args], {
        env: environment(killAt),
      });
      return finished(child);
    },
    start(args, wrapper = []) {
      const [command, ...before] = [...wrapper, process.execPath];
      return spawn(command ?? process.execPath, [...before, ...nodeArgs, ...args], {
        env: environment(0),
      });
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

export function finished(child: ReturnType<typeof spawn>): Promise<ChildResult> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Waits until the child has written `text` to stdout. */
export function printed(child: ReturnType<typeof spawn>, text: string): Promise<void> {
  let seen = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
    child.on('close', () => reject(new Error(`the child ended after printing ${seen}`)));
  });
}
