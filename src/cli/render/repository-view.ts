// A repository on the screen: its tags with their signers, its roles with their keys, and the same as data.

import type { KeyView, RepositoryView, RoleView, SignedTag } from '../../client/consume/inspect.ts';
import { trustReasonWords } from '../../client/consume/trust-reason-words.ts';
import { idList } from './notice.ts';
import { safe } from './safe-text.ts';
import { tableDigest, tableId } from './short-id.ts';
import { table } from './table.ts';
import { day, distance, isSoon } from './time.ts';

export interface ShownRepository {
  readonly view: RepositoryView;
  readonly nowMs: number;
  /** Whether IDs and digests are given in full. */
  readonly isFull: boolean;
  /** Canonical ids of the keys whose private half is on this machine. */
  readonly here: ReadonlySet<string>;
}

export function repositoryLines(shown: ShownRepository): readonly string[] {
  const { view } = shown;
  const tags = view.tags.length === 0 ? ['No tag is signed.'] : tagTable(shown);
  return [headLine(view), '', ...tags, '', ...roleTable(shown)];
}

/** What a pull of one image would do. */
export type PullVerdict = 'accepted' | 'refused' | 'other-digest';

const verdictWords: Readonly<Record<PullVerdict, string>> = {
  accepted: 'A pull takes this digest.',
  refused: 'A pull refuses this tag.',
  'other-digest': 'A pull refuses the digest that was asked for.',
};

/** One tag, and whether a pull would take it. */
export function tagLines(shown: ShownRepository, verdict: PullVerdict): readonly string[] {
  return [headLine(shown.view), '', ...tagTable(shown), '', verdictWords[verdict]];
}

function headLine({ gun, trustedSinceMs, reason, rootKeyIds }: RepositoryView): string {
  const why = `${day(trustedSinceMs)}, ${trustReasonWords[reason]}`;
  return `${safe(gun)}   trusted since ${why}, root ${idList(rootKeyIds)}`;
}

function tagTable({ view, isFull }: ShownRepository): readonly string[] {
  return table(
    [
      { title: 'TAG' },
      { title: 'DIGEST' },
      { title: 'SIGNED BY' },
      { title: 'SIZE', align: 'right' },
    ],
    view.tags.map(({ tag, digest, signers, length, isAccepted }) => [
      safe(tag),
      digest === undefined ? 'none that counts' : tableDigest(digest, isFull),
      `${safe(signers.join(', '))}${isAccepted ? '' : ' (not released)'}`,
      String(length),
    ]),
  );
}

function roleTable(shown: ShownRepository): readonly string[] {
  return table(
    [
      { title: 'ROLE' },
      { title: 'KEYS' },
      { title: 'NEEDS', align: 'right' },
      { title: 'VERSION', align: 'right' },
      { title: 'EXPIRES' },
    ],
    shown.view.roles.map((role) => [
      safe(role.role),
      keysCell(role.keys, shown.isFull),
      isKeptByServer(role, shown.here) ? 'server' : `${role.threshold} of ${role.keys.length}`,
      role.version === undefined ? '-' : String(role.version),
      expiryCell(role, shown.nowMs),
    ]),
  );
}

/** The timestamp key always is with the server; a snapshot key that is not on this machine, as a rule. */
function isKeptByServer({ role, keys }: RoleView, here: ReadonlySet<string>): boolean {
  if (role === 'timestamp') return true;
  return role === 'snapshot' && !keys.some(({ canonicalId }) => here.has(canonicalId));
}

function keysCell(keys: readonly KeyView[], isFull: boolean): string {
  if (isFull) return keys.map(({ canonicalId }) => canonicalId).join(' ');
  const [first] = keys;
  if (first === undefined) return 'none';
  const more = keys.length > 1 ? ` +${keys.length - 1}` : '';
  return `${tableId(first.canonicalId)}${more}`;
}

function expiryCell({ expiresMs, problem }: RoleView, nowMs: number): string {
  if (problem !== undefined) return `does not count: ${safe(problem)}`;
  if (expiresMs === undefined) return '-';
  return isSoon(expiresMs, nowMs)
    ? `${day(expiresMs)}  ${distance(expiresMs, nowMs)}`
    : day(expiresMs);
}

export function repositoryJson({ view, here }: ShownRepository): object {
  return {
    repository: view.gun,
    trusted: {
      since: new Date(view.trustedSinceMs).toISOString(),
      reason: view.reason,
      rootKeys: view.rootKeyIds,
    },
    source: view.source,
    tags: view.tags.map(tagJson),
    roles: view.roles.map((role) => roleJson(role, here)),
  };
}

function tagJson({ tag, digest, length, signers, isAccepted }: SignedTag): object {
  return { tag, digest: digest ?? null, size: length, signers, accepted: isAccepted };
}

function roleJson(view: RoleView, here: ReadonlySet<string>): object {
  const { role, keys, threshold, version, expiresMs, paths, problem } = view;
  return {
    role,
    keys: keys.map((key) => keyJson(key, here)),
    threshold,
    version: version ?? null,
    expires: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
    ...(paths === undefined ? {} : { paths }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** `id` is that of the bare key, as in the table, in `key list` and in the name of the key file. */
function keyJson({ id, canonicalId, keyType }: KeyView, here: ReadonlySet<string>): object {
  return {
    id: canonicalId,
    ...(keyType.endsWith('-x509') ? { certificateId: id } : {}),
    type: keyType,
    here: here.has(canonicalId),
  };
}
