// Judges an upload before anything of it is stored: the rules of HTTP API §4, one step each,
// with the same code that clients verify with. What comes out is a publication whose every file is signed by
// the keys that the repository's own root, or the one before it, lists.
//
// Invariants:
// - a root is accepted only when the root stored before it and its own keys signed it;
// - no file counts before the file that names its keys was verified;
// - snapshot and timestamp are made, or checked, last, over the bytes as received.
import { setImmediate } from 'node:timers/promises';
import { Failure, isFailure } from '../../errors.ts';
import { checkFileMeta } from '../../tuf/file-meta.ts';
import type { RoleName } from '../../tuf/role.ts';
import { type RootFile, roleKeysOf } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import type { NewFile, Publication, TufStore } from '../store/store.ts';
import { type CurrentRelease, currentRelease } from './current-release.ts';
import { checkOnlineKeyRoles } from './online-key-roles.ts';
import { makeSnapshot, makeTimestamp, nothingBefore, type Predecessor } from './online-roles.ts';
import type { OnlineRole, SigningService } from './signing-service.ts';
import { storedRoot } from './stored-root.ts';
import { requireSignatures, TargetsCheck } from './targets-check.ts';
import { asRefusal, refuseExpired, refuseFor, refuseUpload } from './upload-refusal.ts';
import { readUploadedFiles, type UploadedFiles } from './uploaded-files.ts';

export interface UploadContext {
  readonly store: TufStore;
  readonly signing: SigningService;
  readonly gun: string;
  readonly nowMs: number;
}

/** Signatures in one upload: two on each file of the largest upload that is accepted. */
const maxSignatures = 2000;
const maxRoleKeys = 128;

/**
 * The publication that the upload becomes.
 * @throws Failure JSON_INVALID (a file is not JSON), UPLOAD_REJECTED with the kind and words of HTTP API §4,
 *   STORE_FAILED
 */
export async function checkUpload(
  upload: ReadonlyMap<RoleName, Buffer>,
  context: UploadContext,
): Promise<Publication> {
  const { store, gun, nowMs } = context;
  const files = await readUploadedFiles(upload);
  refuseExcess(files);
  const release = await currentRelease(store, gun);
  const previous = release && (await previousRoot(release, context));
  const root = checkUploadedRoot(files, previous, context);
  const targets = new TargetsCheck(root.signed, release, context);
  for (const [role, file] of files.targets) {
    await targets.check(role, file);
    // Large files take time to check; other requests get their turn between two of them.
    await setImmediate();
  }
  const accepted = [...rootFile(files), ...targets.accepted];
  if (files.root !== undefined) await checkOnlineKeyRoles(root.signed, context.signing);
  const snapshot =
    files.snapshot === undefined
      ? await composeSnapshotFor(accepted, root, release, context)
      : checkUploadedSnapshot(files.snapshot, root, targets, context);
  const timestamp = await composeTimestampFor(snapshot, root, release, context);
  const basedOn = release?.timestamp.version;
  return { gun, nowMs, basedOn, files: [...accepted, snapshot, timestamp] };
}

/**
 * Every signature and every certificate of a root key costs a computation, every key of an online role a question to
 * the signing service, and a hostile publisher writes them all: the numbers are bounded before any is looked at. No rule of Go's.
 */
function refuseExcess({ signatureCount, root }: UploadedFiles): void {
  if (signatureCount > maxSignatures) {
    refuseUpload('ErrValidation', `the update carries more than ${maxSignatures} signatures`);
  }
  const roles = asRefusal('ErrBadRoot', () => root?.read().signed.roles);
  for (const role of ['root', 'snapshot', 'timestamp']) {
    if ((roles?.get(role)?.keyIds.length ?? 0) > maxRoleKeys) {
      refuseUpload('ErrBadRoot', `the ${role} role lists more than ${maxRoleKeys} keys`);
    }
  }
}

/** Rule 1. What is stored and cannot be used gives no detail. */
async function previousRoot(
  release: CurrentRelease,
  { store, gun, nowMs }: UploadContext,
): Promise<RootFile | undefined> {
  try {
    return await storedRoot(store, gun, release, nowMs);
  } catch (error) {
    return refuseFor(undefined, error);
  }
}

/** Rules 2, 3 and 4. */
function checkUploadedRoot(
  { root }: UploadedFiles,
  previous: RootFile | undefined,
  { gun, nowMs }: UploadContext,
): RootFile {
  if (root === undefined) {
    return (
      previous ??
      refuseUpload('ErrValidation', 'no pre-existing root and no root provided in update.')
    );
  }
  return asRefusal('ErrBadRoot', () => {
    const file = root.read();
    const current = previous?.signed.version ?? 1;
    const { version, expires } = file.signed;
    if (version !== current && version !== current + 1) {
      throw new Failure(
        'ROOT_CHAIN_BROKEN',
        `Root modifications must increment the version. Current ${current}, new ${version}`,
      );
    }
    checkRoot(file, { gun, nowMs, previous: previous?.signed, certificateExpiry: 'refused' });
    refuseExpired('root', expires, nowMs);
    return file;
  });
}

function rootFile({ root }: UploadedFiles): readonly NewFile[] {
  return root === undefined
    ? []
    : [{ role: 'root', version: root.read().signed.version, bytes: root.bytes }];
}

/** Rule 6. Roles that the snapshot lists and that were not uploaded are not looked up, as in Go. */
function checkUploadedSnapshot(
  uploaded: NonNullable<UploadedFiles['snapshot']>,
  root: RootFile,
  targets: TargetsCheck,
  { nowMs }: UploadContext,
): NewFile {
  return asRefusal('ErrBadSnapshot', () => {
    const file = uploaded.read();
    const { version, expires, meta } = file.signed;
    requireSignatures('snapshot', roleKeysOf(root.signed, 'snapshot'), root.signed.keys, file);
    refuseExpired('snapshot', expires, nowMs);
    for (const [role, bytes] of [['root', root.bytes] as const, ...targets.loadedBytes()]) {
      checkFileMeta(role, bytes, meta.get(role) ?? { length: bytes.length, hashes: new Map() });
    }
    return { role: 'snapshot', version, bytes: uploaded.bytes };
  });
}

/** Rule 7. */
async function composeSnapshotFor(
  accepted: readonly NewFile[],
  root: RootFile,
  release: CurrentRelease | undefined,
  context: UploadContext,
): Promise<NewFile> {
  if (release === undefined && !accepted.some(({ role }) => role === 'targets')) {
    refuseUpload('ErrValidation', 'targets must be loaded first');
  }
  const before = await predecessor('snapshot', release?.snapshotFile.signed, context);
  const changed = new Map<RoleName, Buffer>([['root', root.bytes]]);
  for (const { role, bytes } of accepted) changed.set(role, bytes);
  try {
    return await makeSnapshot(before, changed, { ...context, root: root.signed });
  } catch (error) {
    return refuseUnsigned('snapshot', error, context.signing);
  }
}

/** Rule 8. */
async function composeTimestampFor(
  snapshot: NewFile,
  root: RootFile,
  release: CurrentRelease | undefined,
  context: UploadContext,
): Promise<NewFile> {
  const before = await predecessor('timestamp', release?.timestampFile.signed, context);
  try {
    return await makeTimestamp(before, snapshot.bytes, { ...context, root: root.signed });
  } catch (error) {
    return refuseUnsigned('timestamp', error, context.signing);
  }
}

async function predecessor(
  role: OnlineRole,
  published: Predecessor | undefined,
  { store, gun }: UploadContext,
): Promise<Predecessor> {
  return published ?? nothingBefore(await store.floors(gun), role);
}

/** How Go words a role that could not be signed depends on where the keys are. */
function refuseUnsigned(role: OnlineRole, error: unknown, { kind }: SigningService): never {
  if (!isFailure(error)) throw error;
  if (kind === 'remote' || error.code !== 'SIGNING_KEY_NOT_FOUND') {
    return refuseUpload('ErrValidation', error.message, error);
  }
  if (role === 'timestamp') {
    // Two blanks, as Go has them.
    return refuseUpload('ErrBadRoot', 'no  timestamp keys exist on the server', error);
  }
  return refuseUpload(
    'ErrBadHierarchy',
    'no snapshot was included in update and server does not hold current snapshot key for repository',
    error,
  );
}
