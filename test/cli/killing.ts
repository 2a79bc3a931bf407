// `paraph` as a process of its own that can be killed without warning at moments that matter: at a request, before the
// server has it or when it has answered, and as files come into being.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Meddler } from '../../src/sandbox/meddler.ts';
import { type Publishing, startPublishing, trust } from './publishing.ts';
import type { Result } from './world.ts';

/** A request at which a process is killed: when it arrives, or when the server has answered and nobody knows yet. */
export interface Moment {
  readonly method: string;
  readonly path: RegExp;
  readonly isAnswered: boolean;
}

export class Killing {
  readonly desk: Publishing;
  /** Between the publisher and the trust server. */
  readonly between: Meddler;
  /** Inside node_modules, so that packages are found from there. */
  readonly #programDir: string;

  private constructor(desk: Publishing, between: Meddler, programDir: string) {
    this.desk = desk;
    this.between = between;
    this.#programDir = programDir;
  }

  static async start(): Promise<Killing> {
    mkdirSync('node_modules/.cache', { recursive: true });
    const programDir = mkdtempSync(join(process.cwd(), 'node_modules/.cache/paraph-killed-'));
    await build({
      entryPoints: ['src/cli/main.ts'],
      outdir: programDir,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
    });
    const desk = await startPublishing();
    const between = await Meddler.start({ tls: desk.stack.tls, server: desk.stack.trustServer });
    trust(desk.homeDir, between.url, desk.stack.tls.cert);
    return new Killing(desk, between, programDir);
  }

  async close(): Promise<void> {
    await this.between.close();
    await this.desk.close();
    rmSync(this.#programDir, { recursive: true, force: true });
  }

  /** The same command in this process, undisturbed. */
  async run(words: readonly string[], homeDir = this.desk.homeDir): Promise<Result> {
    this.between.refuse = undefined;
    this.between.answered = undefined;
    return this.desk.run([...words, '--server', this.between.url], { homeDir });
  }

  /** Starts a command that talks to the trust server. */
  start(words: readonly string[], homeDir = this.desk.homeDir): ChildProcess {
    const program = join(this.#programDir, 'main.js');
    return spawn(process.execPath, [program, ...words, '--server', this.between.url], {
      env: { ...this.desk.env, HOME: homeDir },
      stdio: 'ignore',
    });
  }

  /** Runs a command until the request that fits, and kills it there. */
  async interruptAt(words: readonly string[], moment: Moment): Promise<void> {
    const { method, path, isAnswered } = moment;
    const child = this.start(words);
    await new Promise<void>((resolve, reject) => {
      child.on('exit', () => reject(new Error('it ended before that request')));
      const strike = async (asked: string, where: string): Promise<undefined> => {
        if (asked !== method || !path.test(where)) return undefined;
        child.removeAllListeners('exit');
        await killed(child);
        resolve();
        return undefined;
      };
      if (isAnswered) this.between.answered = strike;
      else {
        this.between.refuse = async (asked, where) => {
          await strike(asked, where);
          return asked === method && path.test(where) ? 503 : undefined;
        };
      }
    });
  }

  /** Kills a command at the given number of changes below its trust directory, or when it has ended. */
  async interruptAtChange(
    words: readonly string[],
    count: number,
    homeDir?: string,
  ): Promise<void> {
    const home = homeDir ?? this.desk.homeDir;
    const directory = join(home, '.docker/trust');
    mkdirSync(directory, { recursive: true });
    const child = this.start(words, home);
    await changes(directory, count, child);
    await killed(child);
  }
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = child.exitCode !== null || child.signalCode !== null;
  child.kill('SIGKILL');
  if (!exited) await once(child, 'exit');
}

function changes(directory: string, count: number, child: ChildProcess): Promise<void> {
  return new Promise((resolveChanges) => {
    let seen = 0;
    const watcher = watch(directory, { recursive: true }, () => {
      seen += 1;
      if (seen >= count) done();
    });
    const done = (): void => {
      watcher.close();
      resolveChanges();
    };
    child.on('exit', done);
  });
}
