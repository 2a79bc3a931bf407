// The shape of a command of the docker grammar, and what its body is given.
import type { ExitStatus } from '../../errors.ts';
import type { CommandPath, CommandSpec } from '../cobra/command.ts';
import type { FlagValues } from '../cobra/flag-values.ts';
import type { World } from '../world.ts';
import type { GlobalFlags } from './global-flags.ts';

/** How many arguments a command takes, as docker checks it; a heading takes none. */
export type Takes =
  | { readonly exactly: number }
  | { readonly atLeast: number }
  /** Prints its help on stderr when it is called alone. */
  | 'heading';

export interface DockerCommand {
  readonly takes: Takes;
  /** Loads what the command does, when it is called; a heading does nothing. */
  readonly load?: () => Promise<DockerBody>;
}

export type DockerSpec = CommandSpec<DockerCommand>;
export type DockerPath = CommandPath<DockerCommand>;

export interface DockerBody {
  /**
   * Does the command; 1 when something failed and has been told.
   * @throws Failure with the words that docker would print
   */
  run(call: DockerCall): Promise<ExitStatus>;
}

export interface DockerCall {
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly globals: GlobalFlags;
  /** With DOCKER_CONFIG as `--config` says. */
  readonly world: World;
}
