// What client operations report while they work, in words. Names of repositories, roles and rules come from
// files and servers and are escaped here.
import { trustReasonWords } from '../../client/consume/trust-reason-words.ts';
import type { ClientEvent } from '../../client/events.ts';
import type { Failure } from '../../errors.ts';
import { safe } from './safe-text.ts';
import { proseId } from './short-id.ts';
import { day, distance, moment } from './time.ts';

/** `1f54328, 9ac07e1` */
export function idList(ids: readonly string[]): string {
  return ids.map(proseId).join(', ');
}

/** The lines that tell an event; none for `key-chosen`, which `sign` shows in a table. */
export function noticeLines(event: ClientEvent, nowMs: number): readonly string[] {
  const says = (text: string): readonly string[] => [`${safe(event.gun)}: ${text}`];
  switch (event.kind) {
    case 'trust-began':
      return says(
        (event.rule === undefined
          ? `trusted from now on, ${trustReasonWords[event.reason]}: root ${idList(event.rootKeyIds)}`
          : `trusted from now on by ${safe(event.rule)}: root ${idList(event.rootKeyIds)}`) +
          beforeForgotten(event),
      );
    case 'trust-found':
      return says(
        event.isReplacement
          ? `another program replaced the trusted root in the trust directory: root ${idList(event.rootKeyIds)}`
          : `root ${idList(event.rootKeyIds)} is trusted as found in the trust directory`,
      );
    case 'root-updated':
      return says(
        `root ${event.toVersion} follows root ${event.fromVersion}, signed by it: root ${idList(event.rootKeyIds)}`,
      );
    case 'cache-used':
      return says(cacheUsed(event, nowMs));
    case 'cache-repaired':
      return says(`the cached ${safe(event.role)} file was damaged and has been replaced`);
    case 'cache-not-updated':
      return says(`the result could not be kept for later: ${safe(event.problem.message)}`);
    case 'delegation-skipped':
      return says(
        `${safe(event.role)} does not count now: ${safe(event.problem.message)} [${event.problem.code}]`,
      );
    case 'near-expiry':
      return says(
        `the ${event.what} of ${safe(event.role)} ends ${day(event.expiresMs)}, ${distance(event.expiresMs, nowMs)}`,
      );
    case 'role-unusable':
      return says(
        `${safe(event.role)} has ${event.keys} keys and needs ${event.threshold}: nothing that it lists counts until ` +
          'it gets more',
      );
    case 'purge-incomplete':
      return says(
        `${safe(event.role)} still lists ${idList(event.keyIds)}: no key here can sign it`,
      );
    case 'staged-changes-found':
      return says(
        `staged changes that a run which did not come to its end had published: ${event.changes}. They are not staged ` +
          'any more',
      );
    case 'publish-retried':
      return says('someone published meanwhile; applied to the newer state and tried again');
    default:
      return [];
  }
}

/** After a repository was forgotten here the reader wants to know whether its root key is the same. */
function beforeForgotten(event: ClientEvent & { kind: 'trust-began' }): string {
  const { formerRootKeyIds: former, rootKeyIds } = event;
  if (former === undefined) return '';
  const isSame = rootKeyIds.length > 0 && rootKeyIds.every((id) => former.includes(id));
  return isSame
    ? '\n  the same root key as before it was forgotten here'
    : `\n  before it was forgotten here, root ${idList(former)} was trusted`;
}

function cacheUsed(event: ClientEvent & { kind: 'cache-used' }, nowMs: number): string {
  const { problem, fetchedMs, expiresMs } = event;
  const known = fetchedMs === undefined ? '' : ` on ${moment(fetchedMs)}`;
  return (
    `${whatFailed(problem)}: ${safe(problem.message)} [${problem.code}]\n` +
    `  used what was known${known}, good until ${moment(expiresMs)}, ${distance(expiresMs, nowMs)}`
  );
}

/** Whether the server did not answer, answered that it has nothing, or gave an answer that is of no use. */
function whatFailed({ code }: Failure): string {
  switch (code) {
    case 'NO_TRUST_DATA':
    case 'METADATA_MISSING':
      return 'the trust server says that it has nothing';
    case 'UNREACHABLE':
    case 'TIMEOUT':
    case 'TLS_UNTRUSTED':
      return 'the trust server could not be asked';
    default:
      return 'the trust server did not say what is newest';
  }
}

/** The same for programs: the event as it is, failures as their code and message. */
export function noticeJson(event: ClientEvent): object {
  if (!('problem' in event)) return event;
  const { problem, ...rest } = event;
  return { ...rest, problem: { code: problem.code, message: problem.message } };
}
