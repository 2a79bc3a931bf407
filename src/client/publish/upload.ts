// Sending the files of a publication, and finding out whether they arrived when the answer was lost.
import { createHash } from 'node:crypto';
import { type Failure, isFailure } from '../../errors.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import type { RoleName } from '../../tuf/role.ts';

/** Learns of each upload before it begins; one that fails prevents it. */
export type BeforeUpload = (files: ReadonlyMap<RoleName, Buffer>) => Promise<void>;

/** Undefined once the server has the files; else why it has not, or may not have. */
export async function upload(
  gun: string,
  files: ReadonlyMap<RoleName, Buffer>,
  server: TrustServer,
): Promise<Failure | undefined> {
  try {
    await server.publish(gun, files);
    return undefined;
  } catch (error) {
    if (!isFailure(error)) throw error;
    // An answer that was lost says nothing about the upload.
    const isUncertain = isFailure(error, 'UNREACHABLE', 'TIMEOUT', 'SERVER_ERROR');
    if (!isUncertain) return error;
    return (await isStored(gun, files, server)) ? undefined : withUnknownOutcome(error);
  }
}

/**
 * True when the server has exactly these files: an upload whose answer was lost has been stored. Of one without files it
 * cannot be known.
 */
async function isStored(
  gun: string,
  files: ReadonlyMap<RoleName, Buffer>,
  server: TrustServer,
): Promise<boolean> {
  if (files.size === 0) return false;
  try {
    for (const [role, bytes] of files) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const served = await server.fetch(gun, { role, sha256 }, bytes.length);
      if (served?.equals(bytes) !== true) return false;
    }
    return true;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return false; // it cannot be known, so the failure of the upload stands
  }
}

function withUnknownOutcome(problem: Failure): Failure {
  return problem.with({
    facts: { ...problem.facts, upload: 'the server may or may not have stored it' },
    remedy: 'Run the command again: it starts from what the server has then.',
  });
}
