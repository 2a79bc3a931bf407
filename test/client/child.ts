// Runs a TypeScript program in a child process that can be killed at any step of its work on disk: the
// child names each call that would change the file system and dies by SIGKILL before the one that is asked for, or in
// the middle of it when it writes (syncing is no such call: what a killed process has written is there, synced or not).
// Calls that found nothing to change since the last step are no steps: dying there leaves what dying before has left.
// No hook in the sources is needed, so the steps are those that really happen.
//
// A step is of the kind of its call and of its file, so `rename *.key 2` is the second time that a key comes into being.
// Tests kill at the first step of each kind (test/every-step.ts).
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from '../bundle.ts';
import { stepsOf } from '../every-step.ts';

const preload = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
const killAt = process.env.KILL_AT;
const steps = [];
const counts = new Map();
const paths = new WeakMap();
let isChanged = true;
const changed = () => { isChanged = true; };
const isLast = (call, path = '') => {
  if (!isChanged) return false;
  isChanged = false;
  const file = basename(String(path)).replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|\\d+/g, '*');
  const kind = call + ' ' + file.replace(/^[a-z]+\\.lock(\\.\\*)?$/, 'lock');
  const count = (counts.get(kind) ?? 0) + 1;
  counts.set(kind, count);
  const step = kind + ' ' + count;
  steps.push(step);
  return step === killAt;
};
const die = () => process.kill(process.pid, 'SIGKILL');
const forever = () => new Promise(() => {});
for (const name of ['mkdir', 'rename', 'rm', 'unlink', 'link']) {
  const original = fs.promises[name];
  fs.promises[name] = async (...args) => {
    if (isLast(name, args[name === 'rename' || name === 'link' ? 1 : 0])) { die(); await forever(); }
    const isThere = name === 'rm' && fs.existsSync(args[0]);
    const result = await original(...args);
    if (name === 'mkdir' ? result !== undefined || !args[1]?.recursive : name !== 'rm' || isThere) changed();
    return result;
  };
}
const { open } = fs.promises;
fs.promises.open = async (path, ...rest) => {
  const opened = await open(path, ...rest);
  paths.set(opened, path);
  return opened;
};
const handle = await fs.promises.open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle);
await handle.close();
const { writeFile } = prototype;
prototype.writeFile = async function (bytes, ...rest) {
  changed(); // half of it is a state of its own
  if (isLast('write', paths.get(this))) {
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
globalThis.step = async (hasChanged, name) => {
  if (hasChanged) changed();
  if (isLast(name)) { die(); await forever(); }
};
syncBuiltinESMExports();
process.on('exit', () => fs.writeSync(2, '\\nSTEPS ' + JSON.stringify(steps) + '\\n'));
`;

export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildProgram {
  /** Runs it, until the step `killAt` if one is named. `wrapper` is a command put before node. */
  run(
    args: readonly string[],
    options?: { readonly killAt?: string; readonly wrapper?: readonly string[] },
  ): Promise<ChildResult>;
  /** Lets it finish, and names the steps at which a test kills it. */
  steps(args: readonly string[]): Promise<readonly string[]>;
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
  const environment = (killAt?: string) => ({ PATH: process.env['PATH'], KILL_AT: killAt });
  const run: ChildProgram['run'] = (args, { killAt, wrapper = [] } = {}) => {
    const [command, ...before] = [...wrapper, process.execPath];
    const child = spawn(command ?? process.execPath, [...before, ...nodeArgs, ...args], {
      env: environment(killAt),
    });
    return finished(child);
  };
  return {
    run,
    async steps(args) {
      const { code, stderr } = await run(args);
      const [, text] = /^STEPS (.*)$/m.exec(stderr) ?? [];
      if (code !== 0 || text === undefined) throw new Error(`it ended with ${code}: ${stderr}`);
      const steps: readonly string[] = JSON.parse(text);
      return stepsOf(steps, (step) => step.endsWith(' 1'));
    },
    start(args, wrapper = []) {
      const [command, ...before] = [...wrapper, process.execPath];
      return spawn(command ?? process.execPath, [...before, ...nodeArgs, ...args], {
        env: environment(),
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
