// Refusing an upload in the words of HTTP API §4: a kind and a message that Go clients parse
// and print. Causes keep their own codes for the log.
import { asFailure, Failure } from '../../errors.ts';
import { type Expiry, isExpired } from '../../tuf/expiry.ts';
import type { RoleName } from '../../tuf/role.ts';

export type RefusalKind =
  | 'ErrValidation'
  | 'ErrBadHierarchy'
  | 'ErrBadRoot'
  | 'ErrBadTargets'
  | 'ErrBadSnapshot';

/** `kind` is undefined where Go gives no detail: what is stored could not be used. */
export function refuseUpload(
  kind: RefusalKind | undefined,
  message: string,
  cause?: unknown,
): never {
  const facts = kind === undefined ? {} : { kind };
  throw new Failure('UPLOAD_REJECTED', message, { cause, facts });
}

/** Runs one step of the check; what it throws becomes a refusal of `kind`, in Go's words. */
export function asRefusal<T>(kind: RefusalKind | undefined, step: () => T): T {
  try {
    return step();
  } catch (error) {
    return refuseFor(kind, error);
  }
}

/** Refuses because of `error`, which goes on as it is where it is not the client's doing. */
export function refuseFor(kind: RefusalKind | undefined, error: unknown): never {
  const failure = asFailure(error);
  // A defect of ours, or a database that fails.
  if (failure.code === 'INTERNAL' || failure.code === 'STORE_FAILED') throw failure;
  return refuseUpload(kind, goMessage(failure), failure);
}

/** Messages of `tuf/` are Go's, but for two. */
function goMessage({ code, message }: Failure): string {
  if (code === 'KEY_ID_MISMATCH') return message.replace(/^.*: (?=key ID is not valid)/, '');
  return message.replace(/^the number (\S+) is not an integer$/, 'json: unsupported value: $1');
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** @throws Failure METADATA_EXPIRED in Go's words, in the zone in which the file gives its time */
export function refuseExpired(role: RoleName, expires: Expiry, nowMs: number): void {
  if (!isExpired(expires, nowMs)) return;
  const [, sign = '+', hours = '00', minutes = '00'] =
    /([+-])(\d\d):(\d\d)$/.exec(expires.text) ?? [];
  const offsetMs = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const local = new Date(expires.ms + offsetMs);
  const zone = offsetMs === 0 ? 'UTC' : `${sign}${hours}${minutes}`;
  const clock = local.toISOString().slice('yyyy-mm-ddT'.length, 'yyyy-mm-ddThh:mm:ss'.length);
  const date = `${days[local.getUTCDay()]} ${months[local.getUTCMonth()]} ${local.getUTCDate()}`;
  const when = `${date} ${clock} ${zone} ${local.getUTCFullYear()}`;
  throw new Failure('METADATA_EXPIRED', `${role} expired at ${when}`);
}
