// A process for command tests: streams that are caught, an environment and a clock that the test chooses.
import { PassThrough, Readable } from 'node:stream';
import { runParaph } from '../../src/cli/paraph/run.ts';
import type { World } from '../../src/cli/world.ts';
import type { TimeLimits } from '../../src/remote/pace.ts';

export interface WorldPlan {
  readonly env?: Readonly<Record<string, string>>;
  readonly homeDir?: string;
  readonly nowMs?: () => number;
  readonly interrupted?: () => Promise<void>;
  /** Hears each piece of stdout. */
  readonly onOutput?: (text: string) => void;
  readonly timeLimits?: Partial<TimeLimits>;
  /** Whether stderr says that it is a terminal of 80 columns. */
  readonly isTerminal?: boolean;
}

export interface Result {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `paraph` with `argv` in this process. */
export async function paraph(argv: readonly string[], plan: WorldPlan = {}): Promise<Result> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = plan.isTerminal === true ? { isTTY: true, columns: 80 } : {};
  const world: World = {
    env: plan.env ?? {},
    homeDir: plan.homeDir ?? '/nonexistent/home',
    workingDir: plan.homeDir ?? '/nonexistent/home',
    stdout: {
      write: (text) => {
        out.push(text);
        plan.onOutput?.(text);
      },
    },
    stderr: { write: (text) => err.push(text), ...terminal },
    terminalStreams: () => ({ input: Readable.from([]), output: new PassThrough() }),
    nowMs: plan.nowMs ?? Date.now,
    ...(plan.timeLimits === undefined ? {} : { timeLimits: plan.timeLimits }),
    interrupted: plan.interrupted ?? (() => new Promise(() => undefined)),
  };
  const status = await runParaph(argv, world);
  return { status, stdout: out.join(''), stderr: err.join('') };
}
