// The refusal that consumers meet after a publisher lost the root key, a repository was made anew, or someone
// answers in the publisher's name: what is trusted, what is offered, what it can mean, what to do.
import { Failure } from '../../errors.ts';
import type { RootFile } from '../../tuf/root.ts';
import type { Generation } from '../trustdir/generations.ts';
import { offeredWords, rootFacts, trustedWords } from './root-facts.ts';

/** What is known on this side of the comparison. */
export interface TrustedRoot {
  readonly gun: string;
  readonly root: RootFile;
  readonly generation: Generation;
  /** The repository's part of the trust directory. */
  readonly path: string;
  readonly nowMs: number;
}

const docker =
  'notary and docker say: could not validate the path to a trusted root: failed to validate data with current ' +
  'trusted certificates';

/** ROOT_CHANGED for `offered`, which the trusted root did not sign; `cause` is the check that failed. */
export function rootChanged(trusted: TrustedRoot, offered: RootFile, cause: Failure): Failure {
  const { gun, nowMs, path } = trusted;
  const ours = rootFacts(trusted.root, gun, nowMs).rootKeyIds;
  const theirs = rootFacts(offered, gun, nowMs).rootKeyIds;
  const isSameKey = theirs.length > 0 && theirs.every((id) => ours.includes(id));
  return new Failure('ROOT_CHANGED', 'the root of trust changed', {
    cause,
    facts: {
      trusted: trustedWords(trusted.generation, ours),
      offered: offeredWords(offered, gun, nowMs),
    },
    meaning: `${isSameKey ? sameKey : otherKey} Nothing was changed here. ${docker}`,
    remedy:
      'Ask the publisher for the new root ID by another way. If it is the one offered, forget the old root by ' +
      `removing ${path} and run the command again.`,
  });
}

export interface MadeRoot {
  readonly gun: string;
  readonly made: RootFile;
  readonly offered: RootFile;
  /** The file with the root that was made here. */
  readonly path: string;
  readonly nowMs: number;
}

/** ROOT_CHANGED for a server that offers another root than the one made here for a new repository. */
export function otherThanMade(
  { gun, made, offered, path, nowMs }: MadeRoot,
  cause: Failure,
): Failure {
  return new Failure('ROOT_CHANGED', 'the server has another root than the one made here', {
    cause,
    facts: {
      'made here': offeredWords(made, gun, nowMs),
      offered: offeredWords(offered, gun, nowMs),
    },
    meaning:
      `A root for ${gun} was made on this machine and perhaps uploaded. Somebody else made the repository first, or ` +
      'the server put another root in its place. Nothing of it is trusted here.',
    remedy:
      'Ask everybody who may publish there whether the root ID offered is theirs. If it is, accept it by removing ' +
      `${path} and run the command again; if nobody knows it, do not use that server.`,
  });
}

const otherKey =
  'The publisher lost the root key and started again, or the repository was deleted and made anew, or someone ' +
  "else answers in the publisher's name.";
const sameKey =
  'The root key is the same but its certificate is another: the repository was deleted and made anew by its ' +
  'publisher, or someone replays what the publisher once made for it.';
