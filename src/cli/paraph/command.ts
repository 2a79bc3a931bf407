// The shape of one row of the command table, and what a command body is given.
import type { ExitStatus } from '../../errors.ts';
import type { World } from '../world.ts';

/** Headings of `paraph help`, in order. */
export const groups = ['sign and verify', 'keys', 'repositories', 'service'] as const;

/** What the families of commands are about, for `paraph help`, which has one row for each. */
export const families: Readonly<Record<string, string>> = {
  key: 'private keys here',
  signer: 'who signs it',
  delegation: 'roles and their tags',
  plugin: 'docker trust of docker 29',
};

export interface FlagSpec {
  /** Without the dashes. */
  readonly name: string;
  /** Placeholder of its value, such as `FILE`; a switch has none. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** It may be given several times. */
  readonly repeats?: true;
  readonly summary: string;
}

export interface CommandSpec {
  /** One word, or two as in `key list`. */
  readonly name: string;
  readonly group: (typeof groups)[number];
  /** One line, for `paraph help` and for the head of its own help. */
  readonly summary: string;
  /** As shown, such as `IMAGE:TAG…`. */
  readonly arguments: string;
  /** Fewest and most arguments that it takes. */
  readonly takes: readonly [min: number, max: number];
  /** More to say, in whole sentences. */
  readonly about?: string;
  readonly flags: readonly FlagSpec[];
  /** A command that can be pasted, and what it does. */
  readonly examples: readonly (readonly [command: string, effect: string])[];
  /** True when everything after the name goes to a program that reads its own flags. */
  readonly isProgram?: true;
  readonly load: () => Promise<CommandBody>;
}

export interface CommandBody {
  /** Throws what failed; returns the exit status, or undefined when a program of its own has set it. */
  run(invocation: Invocation): Promise<ExitStatus | undefined>;
}

export interface Invocation {
  /** The command, as in the table. */
  readonly name: string;
  readonly args: readonly string[];
  readonly flags: Flags;
  readonly world: World;
  readonly program: ProgramFacts;
}

/** The program that a command is part of. */
export interface ProgramFacts {
  /** Runs `paraph` with other arguments, as the sandbox does. */
  readonly run: (argv: readonly string[], world: World) => Promise<ExitStatus | undefined>;
}

/** The flags as given, by name without the dashes. */
export class Flags {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown> = new Map()) {
    this.#values = values;
  }

  /** The value of a flag that takes one; undefined when it was not given. */
  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** The values of a flag that may be given several times, in order. */
  texts(name: string): readonly string[] {
    const values = this.#values.get(name);
    return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
  }

  isOn(name: string): boolean {
    return this.#values.get(name) === true;
  }
}
