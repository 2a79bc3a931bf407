// What a cell asks of a client program. Each method is one command of the program, or the few that its manual
// names for the purpose; a method that is not there stands for something that the program cannot do. A method
// throws with the command and its output when the program refuses.
import type { Person } from '../../peers/person.ts';

/** Something to sign: a tag and the manifest that it names. */
export interface Release {
  readonly tag: string;
  readonly content: string;
}

/** Signed tags with their sha256 digests in hex. */
export type Tags = ReadonlyMap<string, string>;

/** Somebody who may sign, and the file with the public half of the key. */
export interface Delegate {
  readonly person: Person;
  readonly name: string;
  readonly publicKeyFile: string;
  /** Id of the bare key: the name of the file with the private half. */
  readonly keyId: string;
}

export type Holder = 'local' | 'server';

/** Somebody at work on a repository. */
export interface On {
  readonly who: Person;
  readonly gun: string;
}

/**
 * Go notary has the tags of every role in its table, docker those that a pull accepts. Paraph accepts none that
 * `targets/releases` decides about while that role cannot be read; docker takes what `targets` says then.
 */
export type Showing = 'every role' | 'what docker pulls' | 'what is decided';

export interface Reader {
  /** The words with which the program is called. */
  readonly name: string;
  /** Which tags it shows; see `Ledger`. */
  readonly shows: Showing;
  tags(on: On): Promise<Tags>;
  /** The digest that the program takes for `release.tag`; compared with the content where the program can. */
  lookup(on: On, release: Release): Promise<string>;
}

export interface Client extends Reader {
  init(on: On): Promise<void>;
  /** Signs and publishes, all in one publish where the program can. @returns the roles that signed */
  publish(on: On, releases: readonly Release[]): Promise<readonly string[]>;
  remove(on: On, tag: string): Promise<void>;
  /** Makes a key of the person's own, to be let in by an owner. */
  delegateKey(person: Person, name: string): Promise<Delegate>;
  addDelegate(on: On, delegate: Delegate): Promise<void>;
  /** Ids of the keys that may sign for the role of `delegate`, as the program shows them. */
  delegateKeys(on: On, delegate: Delegate): Promise<readonly string[]>;
  /** @returns the roles that signed */
  publishAsDelegate(delegate: Delegate, gun: string, release: Release): Promise<readonly string[]>;
  /** Takes the key of `delegate` out of every role. @returns the roles that nobody who is left has signed */
  purge(on: On, delegate: Delegate): Promise<readonly string[]>;
  /** A delegate lets another in below the own role. */
  readonly nest?: (delegate: Delegate, gun: string, nested: Delegate) => Promise<void>;
  /** As `publishAsDelegate`, in the role made by `nest`. */
  readonly publishNested?: (
    nested: Delegate,
    gun: string,
    release: Release,
  ) => Promise<readonly string[]>;
  /** Signs again what a purged delegate had signed. */
  readonly witness?: (delegate: Delegate, gun: string) => Promise<void>;
  readonly rotate?: (on: On, role: string, holder: Holder) => Promise<void>;
  /** Deletes what server and machine have of the repository. */
  readonly forget?: (on: On) => Promise<void>;
  /** Publishes while others do: tries again after a failure with the words that mean `tooLate`. */
  publishInRace(on: On, release: Release, tooLate: RegExp): Promise<void>;
}
