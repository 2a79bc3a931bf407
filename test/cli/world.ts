// A process for command tests: streams that are caught, an environment and a clock that the test chooses.
import { PassThrough } from 'node:stream';
import { runDockerTrust } from '../../src/cli/docker/run.ts';
import { runNotary } from '../../src/cli/notary/run.ts';
import { runParaph } from '../../src/cli/paraph/run.ts';
import type { World } from '../../src/cli/world.ts';
import type { TimeLimits } from '../../src/remote/pace.ts';

export interface WorldPlan {
  readonly env?: Readonly<Record<string, string>>;
  readonly homeDir?: string;
  /** The home directory unless given. */
  readonly workingDir?: string;
  readonly nowMs?: () => number;
  readonly interrupted?: () => Promise<void>;
  /** Hears each piece of stdout. */
  readonly onOutput?: (text: string) => void;
  readonly timeLimits?: Partial<TimeLimits>;
  /** Whether stderr says that it is a terminal of 80 columns. */
  readonly isTerminal?: boolean;
  /** What stands on stdin, which is no terminal. */
  readonly input?: string | Uint8Array;
  /** What a person types at a terminal in place of that, a line for each question; what was asked is in stderr. */
  readonly answers?: readonly string[];
}

export interface Result {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `paraph` with `argv` in this process. */
export function paraph(argv: readonly string[], plan: WorldPlan = {}): Promise<Result> {
  return inWorld((world) => runParaph(argv, world), plan);
}

/** Runs `notary` with `argv` in this process. */
export function notary(argv: readonly string[], plan: WorldPlan = {}): Promise<Result> {
  return inWorld((world) => runNotary(argv, world), plan);
}

/** Runs `docker-trust` with `argv` in this process. */
export function dockerTrust(argv: readonly string[], plan: WorldPlan = {}): Promise<Result> {
  const program = { file: 'docker-trust', end: () => undefined };
  return inWorld((world) => runDockerTrust(argv, world, program), plan);
}

/** A terminal at which someone answers questions as they come, and gives up when there is nothing left to say. */
function typing(
  stdin: PassThrough,
  answers: readonly string[],
  err: string[],
): ReturnType<World['terminalStreams']> {
  const left = [...answers];
  const output = new PassThrough();
  output.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    err.push(text);
    if (!text.endsWith(': ')) return;
    const answer = left.shift();
    if (answer === undefined) stdin.end();
    else stdin.write(`${answer}\n`);
  });
  return {
    input: Object.assign(stdin, { isTTY: true, setRawMode: () => undefined }),
    output: Object.assign(output, { isTTY: true }),
  };
}

/** Runs a command line in a world that is made by `plan`, and gathers what it says. */
export async function inWorld(
  run: (world: World) => Promise<number | undefined>,
  plan: WorldPlan,
): Promise<Result> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = plan.isTerminal === true ? { isTTY: true, columns: 80 } : {};
  const homeDir = plan.homeDir ?? '/nonexistent/home';
  const stdin = new PassThrough();
  if (plan.answers === undefined) stdin.end(plan.input ?? '');
  const asked = new PassThrough();
  asked.on('data', (chunk: Buffer) => out.push(chunk.toString()));
  const world: World = {
    env: plan.env ?? {},
    homeDir,
    workingDir: plan.workingDir ?? homeDir,
    stdout: {
      write: (text) => {
        out.push(text.toString());
        plan.onOutput?.(text.toString());
      },
    },
    stderr: { write: (text) => err.push(text.toString()), ...terminal },
    stdin: () => stdin,
    terminalStreams: (questions) => {
      if (plan.answers !== undefined) return typing(stdin, plan.answers, err);
      return { input: stdin, output: questions === 'stdout' ? asked : new PassThrough() };
    },
    nowMs: plan.nowMs ?? Date.now,
    ...(plan.timeLimits === undefined ? {} : { timeLimits: plan.timeLimits }),
    interrupted: plan.interrupted ?? (() => new Promise(() => undefined)),
  };
  const status = await run(world);
  return { status, stdout: out.join(''), stderr: err.join('') };
}
