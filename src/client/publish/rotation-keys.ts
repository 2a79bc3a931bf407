// The keys that a rotation puts in place of others: named by the caller, got from the server, left by an earlier run
// that was killed, or made now (client store §9.3).
//
// Invariants:
// - no key is chosen by chance or because it lies there: a key of the store serves when the caller named it, or when it
//   is certain that a rotation of this very role, which did not come to its end, made it;
// - what is made is noted before and after (pending-rotation.ts), so that it is found again;
// - a key that was made for another role or repository is refused, whoever names it.
import { Failure } from '../../errors.ts';
import type { KeyEntry, Signer } from '../../keys/key-store.ts';
import { rootCertificate } from '../../keys/root-certificate.ts';
import { type PublicKey, publicKeyFromCertificate } from '../../tuf/public-key.ts';
import type { BaseRole } from '../../tuf/role.ts';
import { type Root, roleKeysOf } from '../../tuf/root.ts';
import { isPinned } from '../../tuf/root-pin.ts';
import { canonicalIdOf } from '../consume/role-authority.ts';
import type { PublisherPorts } from '../ports.ts';
import type { PendingRotation } from '../trustdir/pending-rotation.ts';
import type { AppliedPin } from '../trustdir/pins.ts';
import { mayServe, wrongPurpose } from './key-purpose.ts';
import type { KeyHolder } from './rotation-rules.ts';

/**
 * How long the new key of a rotation that was killed is used by the next one. It never counted anywhere, but it lies
 * on disk: who rotates because keys were copied from here should not get an old one.
 */
const reuseWithinMs = 24 * 60 * 60 * 1000;

export interface NewKey {
  /** As the root lists it: for the root role a certificate for the repository. */
  readonly key: PublicKey;
  /** Where its private part is: a place of the key store, or the address of the server. */
  readonly location: string;
  /** False for a key that was named, or that an earlier run has made. */
  readonly isNew: boolean;
}

export interface RotationNeed {
  readonly gun: string;
  readonly role: BaseRole;
  readonly holder: KeyHolder;
  /** Canonical ids of keys in the store, in full. */
  readonly keyIds: readonly string[] | undefined;
  /** The root that is published now. */
  readonly root: Root;
  /** What an earlier run has left. */
  readonly pending: PendingRotation | undefined;
  /** Canonical ids of keys that are here and will be replaced. */
  readonly replaced: readonly string[];
}

/**
 * The new keys, opened if they are here, and noted in the trust directory.
 * @throws Failure KEY_NOT_FOUND, KEY_ROLE_MISMATCH, ROLE_INVALID (fewer than the threshold); PIN_MISMATCH when this
 *   machine would refuse the new root; what KeyStore and rotateServerKey throw; SERVER_ERROR for a key in use; DISK
 */
export async function newKeysFor(
  need: RotationNeed,
  ports: PublisherPorts,
): Promise<readonly NewKey[]> {
  requireEnough(need);
  if (need.holder === 'server') return [await serverKey(need, ports)];
  const pin = need.role === 'root' ? await ports.pins.pinFor(need.gun, ports.nowMs()) : undefined;
  const keys =
    need.keyIds === undefined
      ? await ports.directory.withKeyLock(() => reusedOrMade(need, pin, ports))
      : await namedKeys(need, need.keyIds, ports);
  requireAdmitted(keys, need, pin, ports.nowMs());
  return keys;
}

/** One key is made or asked for; a role that needs signatures of several gets them by naming them. */
function requireEnough({ role, root, keyIds }: RotationNeed): void {
  const { threshold } = roleKeysOf(root, role);
  const count = keyIds === undefined ? 1 : new Set(keyIds).size;
  if (count >= threshold) return;
  throw new Failure('ROLE_INVALID', `${role} needs signatures of ${threshold} keys`, {
    facts: { role, needs: String(threshold), 'new keys': String(count) },
    remedy: `Make ${threshold} keys, best on as many machines, and name all of them.`,
  });
}

async function namedKeys(
  need: RotationNeed,
  ids: readonly string[],
  ports: PublisherPorts,
): Promise<readonly NewKey[]> {
  const { gun, role } = need;
  const entries = await ports.keys.list();
  const found = [...new Set(ids)].map((id) => {
    const entry = entries.find((known) => known.id === id);
    if (entry !== undefined && !mayServe(entry, role, gun)) throw wrongPurpose(entry, role, gun);
    return { id, location: entry?.location ?? '' };
  });
  const keys: NewKey[] = [];
  for (const { id, location } of found) {
    const key = await listedForm(await ports.keys.open(id), need, ports); // KEY_NOT_FOUND names what is here
    keys.push({ key, location, isNew: false });
  }
  await note(need, { newKeys: keys, keysBefore: await idsOf(need, ports) }, ports);
  return keys;
}

/** Under the lock of the keys, so that no other run makes one between the two looks. */
async function reusedOrMade(
  need: RotationNeed,
  pin: AppliedPin | undefined,
  ports: PublisherPorts,
): Promise<readonly NewKey[]> {
  const { gun, role, pending } = need;
  const left = await leftByEarlierRun(need, ports);
  if (left === undefined && pin !== undefined) throw notPinnedYet(need, pin);
  const isNew = left === undefined || pending === undefined;
  const began = isNew
    ? { sinceMs: ports.nowMs(), keysBefore: await idsOf(need, ports) }
    : { sinceMs: pending.sinceMs, keysBefore: pending.keysBefore };
  if (isNew) await note(need, { newKeys: [], ...began }, ports);
  const signer = isNew
    ? await ports.keys.generate(role, role === 'root' ? undefined : gun)
    : await ports.keys.open(left.id);
  const id = signer.key.canonicalId;
  const location = (await ports.keys.list()).find((entry) => entry.id === id)?.location ?? '';
  const key = await listedForm(signer, need, ports);
  const made = [{ key, location, isNew }];
  await note(need, { newKeys: made, ...began }, ports);
  return made;
}

/** The one key that came into the store since an unfinished rotation of the role began, and that no root lists. */
async function leftByEarlierRun(
  { gun, role, root, pending }: RotationNeed,
  { keys, nowMs }: PublisherPorts,
): Promise<KeyEntry | undefined> {
  if (pending === undefined || pending.holder !== 'local') return undefined;
  if (nowMs() - pending.sinceMs > reuseWithinMs) return undefined;
  const listed = new Set([...root.keys.values()].map(canonicalIdOf));
  const candidates = (await keys.list()).filter(
    (entry) =>
      mayServe(entry, role, gun) &&
      !listed.has(entry.id) &&
      !pending.keysBefore.includes(entry.id) &&
      (pending.newKeys.length === 0 || pending.newKeys.includes(entry.id)),
  );
  return candidates.length === 1 ? candidates[0] : undefined;
}

async function serverKey(need: RotationNeed, ports: PublisherPorts): Promise<NewKey> {
  const { gun, root } = need;
  const role = need.role === 'snapshot' ? 'snapshot' : 'timestamp';
  const keysBefore = await idsOf(need, ports);
  await note(need, { newKeys: [], keysBefore }, ports);
  const key = await ports.server.rotateServerKey(gun, role);
  for (const [name, { keyIds }] of root.roles) {
    if (!keyIds.includes(key.id)) continue;
    throw new Failure(
      'SERVER_ERROR',
      `the server gave no new key, but one that ${name} has already`,
      {
        facts: { server: ports.server.url, key: key.id },
        meaning: 'Its signing service does not make a new key, or gives out one that is in use.',
        remedy: 'Ask its operator. Nothing was changed.',
      },
    );
  }
  const made = { key, location: ports.server.url, isNew: true };
  await note(need, { newKeys: [made], keysBefore }, ports);
  return made;
}

/** A root lists root keys as certificates made for the repository, all others bare. */
async function listedForm(
  signer: Signer,
  { gun, role }: RotationNeed,
  { nowMs }: PublisherPorts,
): Promise<PublicKey> {
  if (role !== 'root') return signer.key;
  return publicKeyFromCertificate(await rootCertificate(signer, gun, nowMs()));
}

/** Keys in the store that could serve the role. */
async function idsOf(
  { gun, role }: RotationNeed,
  { keys }: PublisherPorts,
): Promise<readonly string[]> {
  return (await keys.list()).filter((entry) => mayServe(entry, role, gun)).map(({ id }) => id);
}

interface Note {
  readonly newKeys: readonly NewKey[];
  readonly keysBefore: readonly string[];
  /** Now, when absent. */
  readonly sinceMs?: number;
}

async function note(
  { gun, role, holder, pending, replaced }: RotationNeed,
  { newKeys, keysBefore, sinceMs }: Note,
  { directory, nowMs }: PublisherPorts,
): Promise<void> {
  await directory.repository(gun).setPendingRotation(role, {
    sinceMs: sinceMs ?? nowMs(),
    holder,
    keysBefore,
    newKeys: newKeys.map(({ key }) => canonicalIdOf(key)),
    replaced: [...new Set([...(pending?.replaced ?? []), ...replaced])],
  });
}

function requireAdmitted(
  keys: readonly NewKey[],
  { gun, root }: RotationNeed,
  pin: AppliedPin | undefined,
  nowMs: number,
): void {
  if (pin === undefined) return;
  const admitted = keys.filter(({ key }) => isPinned(pin.pin, key, nowMs)).length;
  if (admitted >= roleKeysOf(root, 'root').threshold) return;
  const ids = keys.map(({ key }) => canonicalIdOf(key)).join(', ');
  throw pinRefuses(gun, pin, `Add the new root key to it first: ${ids}`);
}

function notPinnedYet({ gun }: RotationNeed, pin: AppliedPin): Failure {
  return pinRefuses(
    gun,
    pin,
    'Make the new root key first, add its id to the pin, then rotate to the key by its id.',
  );
}

function pinRefuses(gun: string, { rule }: AppliedPin, remedy: string): Failure {
  return new Failure('PIN_MISMATCH', `this machine would refuse the new root of ${gun}`, {
    facts: { rule },
    meaning: 'A pin names the root keys of this repository, and the new one is not among them.',
    remedy,
  });
}
