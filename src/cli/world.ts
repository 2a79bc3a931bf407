// What a command sees of the process it runs in. Only main.ts makes one from the real process; tests make
// their own. Nothing here reads the environment or the clock by itself.

import type { Readable } from 'node:stream';
import type { TerminalStreams } from '../keys/terminal-prompt.ts';
import type { TimeLimits } from '../remote/pace.ts';

export interface Output {
  /** Text as UTF-8, or bytes as they are. */
  write(text: string | Uint8Array): unknown;
  /** True on a terminal. */
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
}

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly workingDir: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input; opened when a command first asks for it. */
  readonly stdin: () => Readable;
  /** Where passphrases are asked for: on stderr, or on the stream where a program of old asks. */
  readonly terminalStreams: (questions?: 'stdout') => TerminalStreams;
  /** How long servers may take, where that is not the usual. */
  readonly timeLimits?: Partial<TimeLimits>;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Settles when the process is asked to end (Ctrl-C, SIGTERM); from then on it no longer ends by itself. */
  readonly interrupted: () => Promise<void>;
}
