// Reads every file of an upload once. What is not JSON is refused at once, as Go does; what is JSON but not
// metadata is kept as a problem until its role is judged, because an earlier rule may give a better answer.
import { setImmediate } from 'node:timers/promises';
import { parseJson } from '../../encoding/strict-json.ts';
import { asFailure, type Failure, isFailure } from '../../errors.ts';
import { isTargetsRole, type RoleName, type TargetsRole } from '../../tuf/role.ts';
import { parseRoot, type RootFile } from '../../tuf/root.ts';
import { parseSnapshot, type SnapshotFile } from '../../tuf/snapshot.ts';
import { parseTargets, type TargetsFile } from '../../tuf/targets.ts';
import { compareRoles } from '../store/publication.ts';

/** A file, or why it cannot be one; `read` gives the one and throws the other. */
export interface Uploaded<File> {
  readonly bytes: Buffer;
  readonly signatureCount: number;
  read(): File;
}

export interface UploadedFiles {
  readonly root: Uploaded<RootFile> | undefined;
  /** `targets` before delegations, fewer segments first, then by name. */
  readonly targets: ReadonlyMap<TargetsRole, Uploaded<TargetsFile>>;
  readonly snapshot: Uploaded<SnapshotFile> | undefined;
  /** In all files together; none has been verified. */
  readonly signatureCount: number;
}

/**
 * A timestamp that a client sent is read as JSON and ignored: the server makes its own.
 * @throws Failure JSON_INVALID for a file that is not strict JSON
 */
export async function readUploadedFiles(
  upload: ReadonlyMap<RoleName, Buffer>,
): Promise<UploadedFiles> {
  const targets = new Map<TargetsRole, Uploaded<TargetsFile>>();
  for (const role of [...upload.keys()].sort(compareRoles)) {
    const bytes = upload.get(role);
    if (bytes === undefined || !isTargetsRole(role)) continue;
    targets.set(
      role,
      readFile(bytes, () => parseTargets(bytes, role)),
    );
    // Anybody may send many files that take long to read: other requests get their turn between two of them.
    await setImmediate();
  }
  const timestamp = upload.get('timestamp');
  if (timestamp !== undefined) parseJson(timestamp);
  const root = readIfThere(upload.get('root'), parseRoot);
  const snapshot = readIfThere(upload.get('snapshot'), parseSnapshot);
  let signatureCount = (root?.signatureCount ?? 0) + (snapshot?.signatureCount ?? 0);
  for (const file of targets.values()) signatureCount += file.signatureCount;
  return { root, targets, snapshot, signatureCount };
}

interface Signed {
  readonly signatures: readonly unknown[];
}

function readIfThere<File extends Signed>(
  bytes: Buffer | undefined,
  parse: (bytes: Buffer) => File,
): Uploaded<File> | undefined {
  return bytes && readFile(bytes, () => parse(bytes));
}

function readFile<File extends Signed>(bytes: Buffer, parse: () => File): Uploaded<File> {
  try {
    const file = parse();
    return { bytes, signatureCount: file.signatures.length, read: () => file };
  } catch (error) {
    const failure: Failure = asFailure(error);
    // Not metadata, but perhaps JSON all the same; if not, this throws.
    if (isFailure(failure, 'JSON_INVALID')) parseJson(bytes);
    return {
      bytes,
      signatureCount: 0,
      read: () => {
        throw failure;
      },
    };
  }
}
