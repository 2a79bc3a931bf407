// Runs faulty-process.ts: one process for each step at which something goes wrong.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface FaultRun {
  /** `done`, what a listing found, the code of the failure, or `killed`. */
  readonly outcome: string;
  readonly steps: number;
}

/** What the process does: see faulty-process.ts. */
export type FaultyAction = 'generate' | 'create' | 'change' | 'remove' | 'migrate' | 'list';

export interface FaultyProcess {
  /** @param step which call to the file system fails; 0 for none */
  run(
    action: FaultyAction,
    directory: string,
    step: number,
    fault: string,
    id?: string,
  ): Promise<FaultRun>;
  remove(): Promise<void>;
}

export async function buildFaultyProcess(): Promise<FaultyProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'paraph-faults-'));
  const program = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('faulty-process.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  const run: FaultyProcess['run'] = (action, directory, step, fault, id = '') =>
    new Promise<FaultRun>((resolve, reject) => {
      const args = [program, action, directory, String(step), fault, id];
      execFile(process.execPath, args, (error, stdout, stderr) => {
        if (error?.signal === 'SIGKILL') resolve({ outcome: 'killed', steps: step });
        else if (error !== null) reject(new Error(stderr, { cause: error }));
        else resolve(JSON.parse(stdout));
      });
    });
  return { run, remove: () => rm(folder, { recursive: true }) };
}
