// What a signing came to: the keys that were made and where each lives, what was signed, what was published, and
// what it means that there is one root key.
import type { SignedImageTag, SignResult } from '../../client/publish/sign-image.ts';
import type { RoleName } from '../../tuf/role.ts';
import { backUpCommand } from './back-up.ts';
import { safe } from './safe-text.ts';
import { proseId, tableDigest } from './short-id.ts';
import { table } from './table.ts';

/** A path as people write it. */
type Place = (path: string) => string;

/** What was to be signed, as far as it is told beside the result. */
interface Order {
  readonly images: readonly OrderedImage[];
}

interface OrderedImage {
  readonly tag: string;
  /** As the registry described it; undefined when it was not asked. */
  readonly kind: { readonly mediaType: string; readonly platforms: number } | undefined;
}

interface KeyLines {
  readonly head: readonly string[];
  /** Said once, when the root key came into being. */
  readonly warning: readonly string[];
}

/** Nothing for a repository that was signed before. */
export function newKeyLines(
  { gun, newKeys }: Pick<SignResult, 'gun' | 'newKeys'>,
  place: Place,
): KeyLines {
  const root = newKeys.find(({ role }) => role === 'root');
  if (root === undefined) return { head: [], warning: [] };
  const rows = newKeys.map(({ role, id, location, isNew }) => [
    `  ${role}`,
    proseId(id),
    whereabouts(location, isNew, place),
  ]);
  const head = [`${safe(gun)} is not signed yet. Its keys:`, ...table([{}, {}, {}], rows)];
  return { head, warning: root.isNew ? rootWarning(directoryOf(root.location), place) : [] };
}

function whereabouts(location: string, isNew: boolean, place: Place): string {
  if (URL.canParse(location) && location.startsWith('https:')) {
    return `made and held by ${safe(new URL(location).host)}`;
  }
  return `${isNew ? 'made now' : 'found'}, encrypted in ${safe(place(directoryOf(location)))}`;
}

/** The manual's own words for the key that cannot be replaced. */
function rootWarning(directory: string, place: Place): readonly string[] {
  return [
    'The root key exists once. If it is lost, every consumer must act by hand: its loss is not recoverable. Back it up:',
    `  ${safe(backUpCommand(place(directory)))}`,
  ];
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** For a signing that failed after keys were made. */
export function keptKeyLines(
  gun: string,
  keys: readonly { readonly role: string; readonly id: string }[],
  trustDir: string,
): readonly string[] {
  const names = keys.map(({ role, id }) => `${role} ${proseId(id)}`).join(' and ');
  return [
    `${safe(gun)}: made ${names}, encrypted in ${safe(trustDir)}/private; the next attempt uses them`,
  ];
}

/** `signed 1.4 sha256:… index, 3 platforms, 1846 bytes`, and what was published. */
export function signedLines(order: Order, result: SignResult): readonly string[] {
  const rows = result.tags.map((signed) => [
    verbCell(signed.outcome),
    safe(signed.tag),
    `${tableDigest(signed.digest)}…`,
    describe(signed, imageOf(order, signed)),
  ]);
  const lines = table([{}, {}, {}, {}], rows);
  return [...lines, ...publishedLines(result)];
}

const widestVerb = 'published'.length;

/** A result of publishing: what went up, and what the server made of it. */
export type Uploaded = Pick<SignResult, 'uploaded' | 'versions'>;

/** `published targets 2, snapshot 2, timestamp 1`; nothing when nothing went up. */
export function publishedLines(done: Uploaded): readonly string[] {
  return done.uploaded.length === 0 ? [] : [`${verbCell('published')}  ${versionList(done)}`];
}

/** The verb of a result line, as wide as that of `publishedLines`. */
export function verbCell(verb: string): string {
  return verb.padEnd(widestVerb);
}

export function uploadedJson({ uploaded, versions }: Uploaded): object {
  return { uploaded, versions: Object.fromEntries(versions) };
}

function describe(signed: SignedImageTag, image: OrderedImage | undefined): string {
  const roles = signed.roles.filter((role) => role !== 'targets');
  return [
    kindOf(image),
    `${signed.length} bytes`,
    ...(roles.length > 0 ? [`in ${safe(roles.join(' and '))}`] : []),
    ...(signed.outcome === 'unchanged' ? ['signed so already'] : []),
  ].join(', ');
}

function kindOf(image: OrderedImage | undefined): string {
  if (image?.kind === undefined) return 'not looked up in the registry';
  const { mediaType, platforms } = image.kind;
  const isIndex = /index|manifest\.list/.test(mediaType);
  if (!isIndex) return 'manifest';
  return platforms === 1 ? 'index, 1 platform' : `index, ${platforms} platforms`;
}

/** What went up, and what the server made of it. */
function versionList({ uploaded, versions }: Uploaded): string {
  if (versions.size === 0) return uploaded.join(', ');
  const changed = new Set<RoleName>([...uploaded, 'snapshot', 'timestamp']);
  return [...versions]
    .filter(([role]) => changed.has(role))
    .map(([role, version]) => `${safe(role)} ${version}`)
    .join(', ');
}

function imageOf({ images }: Order, { tag }: SignedImageTag): OrderedImage | undefined {
  return images.find((image) => image.tag === tag);
}

/** The keys of a repository that is signed for the first time. */
export function newKeysJson({ newKeys }: Pick<SignResult, 'newKeys'>): readonly object[] {
  return newKeys.map(({ role, id, location, isNew }) => ({ role, id, location, made: isNew }));
}

export function signedJson(order: Order, result: SignResult): object {
  return {
    repository: result.gun,
    keys: newKeysJson(result),
    tags: result.tags.map((signed) => {
      const kind = imageOf(order, signed)?.kind;
      return {
        tag: signed.tag,
        digest: signed.digest,
        size: signed.length,
        mediaType: kind?.mediaType ?? null,
        platforms: kind?.platforms ?? null,
        roles: signed.roles,
        outcome: signed.outcome,
      };
    }),
    ...uploadedJson(result),
  };
}
