// What is noted of a publication of staged changes from before its upload until their files are removed, so that the
// next run after one that was killed knows what of it the server has. One file in the directory of the repository.
// Nothing in it is secret, and it decides nothing alone: it holds hashes, of what must be staged and of what must be
// served (publish/published-changes.ts).
import { JsonView } from '../../encoding/json-view.ts';
import { parseJson } from '../../encoding/strict-json.ts';
import { isFailure } from '../../errors.ts';
import { isRoleName, type RoleName } from '../../tuf/role.ts';

export interface PendingPublication {
  /** SHA-256 of each change that was applied, by the name of its file; hexadecimal, as all here. */
  readonly changes: ReadonlyMap<string, string>;
  /** SHA-256 of each file that was to be uploaded; there is one at least. */
  readonly files: ReadonlyMap<RoleName, string>;
}

/** Some hundred thousand changes. */
export const maxPendingPublicationBytes = 16 * 1024 * 1024;

const sha256Pattern = /^[0-9a-f]{64}$/;

export function pendingPublicationBytes({ changes, files }: PendingPublication): Buffer {
  const file = {
    changes: [...changes].map(([name, sha256]) => ({ name, sha256 })),
    files: [...files].map(([role, sha256]) => ({ role, sha256 })),
  };
  return Buffer.from(`${JSON.stringify(file, undefined, 1)}\n`);
}

/** Undefined for what cannot be read, and for a note without files: then nothing is known to be published. */
export function parsePendingPublication(bytes: Buffer): PendingPublication | undefined {
  try {
    const view = new JsonView(parseJson(bytes), 'publication', 'CACHE_DAMAGED');
    const changes = hashesIn(view.member('changes'), (one) => one.member('name').string());
    const files = hashesIn(view.member('files'), (one) => roleIn(one.member('role')));
    return files.size === 0 ? undefined : { changes, files };
  } catch (error) {
    if (isFailure(error, 'CACHE_DAMAGED', 'JSON_INVALID')) return undefined;
    throw error;
  }
}

function hashesIn<Name>(
  list: JsonView,
  nameIn: (item: JsonView) => Name,
): ReadonlyMap<Name, string> {
  const hashes = new Map<Name, string>();
  for (const item of list.list()) {
    const name = nameIn(item);
    const sha256 = item.member('sha256').string();
    if (hashes.has(name)) item.fail('is there twice');
    if (!sha256Pattern.test(sha256)) item.member('sha256').fail('is no SHA-256');
    hashes.set(name, sha256);
  }
  return hashes;
}

function roleIn(view: JsonView): RoleName {
  const role = view.string();
  return isRoleName(role) ? role : view.fail('is no role');
}
