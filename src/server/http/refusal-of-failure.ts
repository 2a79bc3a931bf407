// From Paraph's own failures to the answers of HTTP API §2. What is not a client's doing becomes a 500
// without a word about the cause: that goes to the log.
import type { Failure } from '../../errors.ts';
import { type Answer, refusal } from './answer.ts';
import type { Operation } from './routes.ts';

/** The answer when `failure` ends a request for `operation`. */
export function refusalOfFailure(failure: Failure, operation: Operation): Answer {
  switch (failure.code) {
    case 'JSON_INVALID':
      return operation === 'UpdateTUF' ? refusal('MALFORMED_JSON') : refusal('UNKNOWN', {});
    case 'UPLOAD_REJECTED':
      return refusal('INVALID_UPDATE', rejectedDetail(failure));
    case 'VERSION_LEAP':
      return refusal('INVALID_UPDATE', detail('ErrValidation', { Msg: failure.message }));
    case 'VERSION_CONFLICT':
      return refusal('VERSION', {});
    case 'RATE_LIMITED':
      return refusal('TOOMANYREQUESTS', undefined, ['Retry-After', '5']);
    default:
      return operation === 'UpdateTUF' ? refusal('UPDATING') : refusal('UNKNOWN', {});
  }
}

/** HTTP API §4: kind and words; none where Go gives none. */
function rejectedDetail({ facts, message }: Failure): unknown {
  const { kind } = facts;
  if (kind === undefined) return undefined;
  return detail(
    kind,
    kind === 'ErrBadHierarchy' ? { Missing: 'snapshot', Msg: message } : { Msg: message },
  );
}

function detail(kind: string, error: Readonly<Record<string, string>>): unknown {
  return { Name: kind, Error: error };
}
