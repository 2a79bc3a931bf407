// Signs tags of one repository in one publication, the first time as ever after: what `paraph sign` and a trusted
// push want (docker trust §4).
//
// Invariants: a tag stands for the digest and length of its manifest, with sha256 alone, as docker writes it; a tag
// that is signed so already is reported as unchanged and costs no signature; nothing is reported as signed before
// the server confirmed it.
import { Failure } from '../../errors.ts';
import { isTag, sha256DigitsOf } from '../../remote/reference.ts';
import type { RoleName, TargetsRole } from '../../tuf/role.ts';
import type { Target } from '../../tuf/target-table.ts';
import type { TrustedRepository } from '../consume/trusted-repository.ts';
import { versionsOf } from '../consume/trusted-repository.ts';
import type { PublisherPorts } from '../ports.ts';
import type { Edit, Plan } from './edit.ts';
import type { RepositoryKey } from './first-root.ts';
import type { Intent } from './intent.ts';
import { type Published, publishOrBegin } from './publish-or-begin.ts';
import { localKeys } from './role-signers.ts';
import { signingRoles } from './signing-roles.ts';

/** A tag and the manifest it is to stand for. */
export interface ImageTag {
  readonly tag: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly length: number;
}

export interface SignRequest {
  readonly gun: string;
  readonly tags: readonly ImageTag[];
  /** Roles to sign in, as `notary addhash --roles` names them; docker's rule chooses when absent. */
  readonly roles?: readonly TargetsRole[] | undefined;
  /** Which root key serves a new repository, when there are several: its id or 7 digits or more of it. */
  readonly rootKeyId?: string | undefined;
}

export interface SignedImageTag extends ImageTag {
  readonly roles: readonly TargetsRole[];
  /** `unchanged`: every role said so already. */
  readonly outcome: 'signed' | 'unchanged';
}

export interface SignResult {
  readonly gun: string;
  readonly tags: readonly SignedImageTag[];
  /** Versions that the server serves now; empty when they could not be read back. */
  readonly versions: ReadonlyMap<RoleName, number>;
  /** Roles whose files were uploaded; none when everything was signed already. */
  readonly uploaded: readonly RoleName[];
  /** The keys of a repository that was made by this signing. */
  readonly newKeys: readonly RepositoryKey[];
  readonly repository: TrustedRepository | undefined;
}

/** @throws Failure REFERENCE_INVALID for a tag or digest that cannot be; what publishOrBegin throws */
export async function signTags(request: SignRequest, ports: PublisherPorts): Promise<SignResult> {
  const { gun, rootKeyId } = request;
  const intent = signingIntent(request, ports);
  return ports.directory
    .repository(gun)
    .withPublishLock(async () =>
      signed(request, await publishOrBegin({ ...intent, rootKeyId }, ports)),
    );
}

/** What signTags would publish. @throws Failure REFERENCE_INVALID */
export function signingIntent(request: SignRequest, { keys }: PublisherPorts): Required<Intent> {
  const targets = new Map(request.tags.map((tag) => [tag.tag, targetOf(tag)]));
  const { gun, roles } = request;
  const plan: Plan = async ({ set }) => {
    const local = await localKeys(keys);
    return [...targets].flatMap(([name, target]) =>
      (roles ?? signingRoles(set, gun, name, local)).map((role) => setTag(role, name, target)),
    );
  };
  const first = async () => {
    requireNoDelegation(request);
    return [...targets].map(([name, target]) => setTag('targets', name, target));
  };
  return { gun, plan, first };
}

function requireNoDelegation({ gun, roles }: SignRequest): void {
  const other = roles?.find((role) => role !== 'targets');
  if (other === undefined) return;
  throw new Failure('ROLE_INVALID', `${gun} is new, so nobody delegates to ${other} yet`);
}

function signed({ gun, tags }: SignRequest, done: Published): SignResult {
  const { uploaded, repository, newKeys } = done;
  const versions =
    repository === undefined ? new Map<RoleName, number>() : versionsOf(repository.set);
  const listed = tags.map((tag): SignedImageTag => {
    const isSigned = rolesOf(done.changed, tag.tag).length > 0;
    const outcome = isSigned ? 'signed' : 'unchanged';
    return { ...tag, roles: rolesOf(done.planned, tag.tag), outcome };
  });
  return { gun, tags: listed, versions, uploaded, newKeys, repository };
}

function setTag(role: TargetsRole, name: string, target: Target): Edit {
  return { kind: 'set-tag', role, name, target };
}

/** Roles in which `edits` set the tag. */
function rolesOf(edits: readonly Edit[], tag: string): readonly TargetsRole[] {
  return edits.flatMap((edit) => (edit.kind === 'set-tag' && edit.name === tag ? [edit.role] : []));
}

function targetOf({ tag, digest, length }: ImageTag): Target {
  if (!isTag(tag)) {
    throw new Failure('REFERENCE_INVALID', `${JSON.stringify(tag.slice(0, 128))} is not a tag`);
  }
  const hex = sha256DigitsOf(digest);
  if (hex === undefined) {
    throw new Failure(
      'REFERENCE_INVALID',
      `${JSON.stringify(digest.slice(0, 128))} is not a sha256 digest`,
    );
  }
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new Failure('REFERENCE_INVALID', `${length} is not the size of a manifest`);
  }
  return { length, hashes: new Map([['sha256', Buffer.from(hex, 'hex')]]) };
}
