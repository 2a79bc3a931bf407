// The keys of a new repository: the root key, made once and serving every later repository of the publisher, and those
// that belong to the repository alone.
//
// Invariants: which key is taken does not depend on chance (sorted by id, first), or is what the publisher named;
// a key that is there but does not open is a failure, never a reason to make another.
import { Failure } from '../../errors.ts';
import type { KeyEntry, Signer } from '../../keys/key-store.ts';
import type { PublisherPorts } from '../ports.ts';

/** The key that serves, opened; `entry` says where it is. */
export interface ChosenKey {
  readonly signer: Signer;
  readonly entry: KeyEntry;
  readonly isNew: boolean;
  readonly choices: number;
}

/** Roles of which a key is made here for one repository. */
export type RepositoryRole = 'targets' | 'snapshot';

/**
 * The root key for a new repository. `wanted` is an id, or the beginning of one, of 7 digits or more.
 * @throws Failure KEY_NOT_FOUND when `wanted` is not here or is not one key; what KeyStore throws
 */
export async function rootKeyFor(
  wanted: string | undefined,
  ports: PublisherPorts,
): Promise<ChosenKey> {
  return ports.directory.withKeyLock(async () => {
    const entries = (await ports.keys.list()).filter(({ role }) => role === 'root');
    const sorted = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const entry = wanted === undefined ? sorted[0] : named(wanted, sorted);
    if (entry === undefined) return makeKey('root', undefined, ports);
    const signer = await ports.keys.open(entry.id);
    return { signer, entry, isNew: false, choices: sorted.length };
  });
}

/** A new key of that role, stored encrypted before it is returned. */
async function makeKey(
  role: 'root' | RepositoryRole,
  gun: string | undefined,
  { keys }: PublisherPorts,
): Promise<ChosenKey> {
  const signer = await keys.generate(role, gun);
  const id = signer.key.canonicalId;
  const entry = (await keys.list()).find((known) => known.id === id);
  return { signer, entry: entry ?? { id, role, gun, location: '' }, isNew: true, choices: 1 };
}

/**
 * The key of `role` for a repository that nobody has published: one of `listed` when it is here (canonical ids of a
 * root made before), else one that an earlier, killed run made, else a new one.
 */
export async function repositoryKeyFor(
  role: RepositoryRole,
  gun: string,
  listed: readonly string[],
  ports: PublisherPorts,
): Promise<ChosenKey> {
  const own = (await ports.keys.list())
    .filter((key) => key.role === role && key.gun === gun)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const entry = own.find(({ id }) => listed.includes(id)) ?? own[0];
  if (entry === undefined) return makeKey(role, gun, ports);
  return { signer: await ports.keys.open(entry.id), entry, isNew: false, choices: 1 };
}

function named(wanted: string, sorted: readonly KeyEntry[]): KeyEntry {
  const matches = sorted.filter(({ id }) => wanted.length >= 7 && id.startsWith(wanted));
  const [entry] = matches;
  if (entry !== undefined && matches.length === 1) return entry;
  throw new Failure(
    'KEY_NOT_FOUND',
    matches.length === 0 ? `there is no root key ${wanted} here` : `${wanted} is not one root key`,
    { facts: { 'root keys here': sorted.map(({ id }) => id).join(', ') || 'none' } },
  );
}
