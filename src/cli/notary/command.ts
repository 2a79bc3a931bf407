// The shape of a command of the notary grammar, and what its body is given.
import type { CommandPath, CommandSpec } from '../cobra/command.ts';
import type { FlagValues } from '../cobra/flag-values.ts';
import type { World } from '../world.ts';

/** Loads what the command does, when it is called. */
export type NotaryLoad = () => Promise<NotaryBody>;

export type NotarySpec = CommandSpec<NotaryLoad>;
export type NotaryPath = CommandPath<NotaryLoad>;

export interface NotaryBody {
  /** Throws what failed; done otherwise. */
  run(call: NotaryCall): Promise<void>;
}

export interface NotaryCall {
  /** The command, below the program. */
  readonly path: NotaryPath;
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly world: World;
}
