// What notary's library writes to its log while a client works, for the events of ours that it has words for. One text
// an event; who logs it chooses stream and form.
import type { ClientEvent } from '../../client/events.ts';
import { safe } from '../render/safe-text.ts';
import { distance, moment } from '../render/time.ts';
import { goWords } from './failure-words.ts';

/** Undefined where notary's library says nothing. How old a cache is, which it leaves out, is said after its words. */
export function clientWarning(event: ClientEvent, nowMs: number): string | undefined {
  switch (event.kind) {
    case 'cache-used':
      return `Error while downloading remote metadata, using cached timestamp - this might not be the latest version available remotely: ${ageOf(event, nowMs)}`;
    case 'near-expiry':
      return nearExpiry(event);
    case 'delegation-skipped':
      return `Error getting ${safe(event.role)}: ${safe(goWords(event.problem))}`;
    case 'role-unusable':
      return `role ${safe(event.role)} has fewer keys than its threshold of ${event.threshold}; it will not be usable until keys are added to it`;
    case 'purge-incomplete':
      return `role ${safe(event.role)} cannot be signed here and goes on listing ${event.keyIds.map(safe).join(', ')}: purge there too, or remove the role`;
    default:
      return undefined;
  }
}

function ageOf(event: ClientEvent & { kind: 'cache-used' }, nowMs: number): string {
  const { fetchedMs, expiresMs } = event;
  const fetched =
    fetchedMs === undefined ? '' : `fetched ${moment(fetchedMs)}, ${distance(fetchedMs, nowMs)}; `;
  return `${fetched}good until ${moment(expiresMs)}, ${distance(expiresMs, nowMs)}`;
}

function nearExpiry({ role, what, gun }: ClientEvent & { kind: 'near-expiry' }): string {
  if (what === 'certificate') return `certificate with CN ${safe(gun)} is near expiry`;
  // Two blanks for the roles that list targets, as notary has them.
  const isBase = role === 'root' || role === 'snapshot' || role === 'timestamp';
  const blank = isBase ? ' ' : '  ';
  const who = isBase ? role : `${safe(role)}${blank}metadata`;
  return `${who} is nearing expiry, you should re-sign the role metadata`;
}
