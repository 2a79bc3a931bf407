// Rule 5 of the upload check: targets roles, from the top down, each verified with the keys that its verified
// parent lists. Ancestors that were not uploaded come from the current release, where being out of date does
// not matter; one that is missing is skipped, and the role below it is then refused as not delegated.
import { Failure, isFailure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import {
  type DelegationRole,
  isDelegationRole,
  parentRole,
  type TargetsRole,
} from '../../tuf/role.ts';
import { type Root, roleKeysOf } from '../../tuf/root.ts';
import { checkThreshold, type RoleKeys, type Signature } from '../../tuf/signature.ts';
import { parseTargets, type TargetsFile } from '../../tuf/targets.ts';
import type { NewFile, StoredFile, TufStore } from '../store/store.ts';
import { type CurrentRelease, fileOf, parsedOnce } from './current-release.ts';
import { asRefusal, refuseExpired } from './upload-refusal.ts';
import type { Uploaded } from './uploaded-files.ts';

/** Larger files are parsed each time rather than held beside their bytes. */
const maxParsedBytes = 1024 * 1024;

const parsedTargets = new WeakMap<StoredFile, TargetsFile>();

export class TargetsCheck {
  readonly accepted: NewFile[] = [];
  readonly #root: Root;
  readonly #release: CurrentRelease | undefined;
  readonly #context: { readonly store: TufStore; readonly gun: string; readonly nowMs: number };
  /** Verified files, uploaded or stored. */
  readonly #loaded = new Map<TargetsRole, TargetsFile>();

  constructor(
    root: Root,
    release: CurrentRelease | undefined,
    context: { readonly store: TufStore; readonly gun: string; readonly nowMs: number },
  ) {
    this.#root = root;
    this.#release = release;
    this.#context = context;
  }

  /** Roles must come parents first. @throws Failure UPLOAD_REJECTED, STORE_FAILED */
  async check(role: TargetsRole, uploaded: Uploaded<TargetsFile>): Promise<void> {
    await this.#loadAncestors(role);
    asRefusal('ErrBadTargets', () => {
      const file = read(role, uploaded);
      this.#verify(role, file);
      const { version, expires } = file.signed;
      refuseExpired(role, expires, this.#context.nowMs);
      this.#loaded.set(role, file);
      this.accepted.push({ role, version, bytes: uploaded.bytes });
    });
  }

  /** Every role verified on the way, with its bytes: what an uploaded snapshot must agree with. */
  *loadedBytes(): Generator<readonly [TargetsRole, Buffer]> {
    for (const [role, file] of this.#loaded) yield [role, file.bytes];
  }

  async #loadAncestors(role: TargetsRole): Promise<void> {
    const missing: TargetsRole[] = [];
    for (let at = role; isDelegationRole(at); ) {
      at = parentRole(at);
      if (!this.#loaded.has(at)) missing.unshift(at);
    }
    for (const ancestor of missing) await this.#loadStored(ancestor);
  }

  async #loadStored(role: TargetsRole): Promise<void> {
    if (this.#release === undefined) return;
    const { store, gun } = this.#context;
    const stored = await fileOf(store, gun, this.#release, role);
    if (stored === undefined) return;
    asRefusal(undefined, () => {
      const parse = (bytes: Buffer): TargetsFile => parseTargets(bytes, role);
      const file =
        stored.bytes.length > maxParsedBytes
          ? parse(stored.bytes)
          : parsedOnce(parsedTargets, stored, parse);
      this.#verify(role, file);
      this.#loaded.set(role, file);
    });
  }

  #verify(role: TargetsRole, file: TargetsFile): void {
    const { keys, roleKeys } = isDelegationRole(role)
      ? this.#delegation(role)
      : { keys: this.#root.keys, roleKeys: roleKeysOf(this.#root, 'targets') };
    requireSignatures(role, roleKeys, keys, file);
  }

  #delegation(role: DelegationRole): {
    readonly keys: ReadonlyMap<string, PublicKey>;
    readonly roleKeys: RoleKeys;
  } {
    if (!this.#loaded.has('targets')) {
      throw new Failure('LOAD_ORDER', 'targets must be loaded first');
    }
    const parent = this.#loaded.get(parentRole(role))?.signed.delegations;
    const roleKeys = parent?.roles.find(({ name }) => name === role);
    if (parent === undefined || roleKeys === undefined) {
      const message = `tuf: invalid role ${role}. delegation does not exist`;
      throw new Failure('ROLE_INVALID', message);
    }
    return { keys: parent.keys, roleKeys };
  }
}

/** The threshold of a role, in Go's words. @throws Failure THRESHOLD_UNMET, KEY_ID_MISMATCH */
export function requireSignatures(
  role: string,
  roleKeys: RoleKeys,
  keys: ReadonlyMap<string, PublicKey>,
  file: { readonly message: Buffer; readonly signatures: readonly Signature[] },
): void {
  if (file.signatures.length === 0) {
    throw new Failure('THRESHOLD_UNMET', 'tuf: data has no signatures');
  }
  checkThreshold(role, roleKeys, keys, file.message, file.signatures);
}

/** Go names the role in what is wrong with the structure of a delegation. */
function read(role: TargetsRole, uploaded: Uploaded<TargetsFile>): TargetsFile {
  try {
    return uploaded.read();
  } catch (error) {
    if (!isFailure(error)) throw error;
    const message = error.message.replace(/^targets (?=type metadata invalid)/, `${role} `);
    throw new Failure(error.code, message, { cause: error });
  }
}
