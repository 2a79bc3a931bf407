// Whom a coming expiry concerns. A publisher hears of it half a year ahead; a consumer can do nothing about
// it, and hears of it when pulls are about to fail.
import type { ClientEvent } from '../../client/events.ts';

const consumerWarningMs = 30 * 24 * 60 * 60 * 1000;

/** A filter for a consumer's events: true for what is not worth telling now. */
export function isForPublishers(nowMs: () => number): (event: ClientEvent) => boolean {
  return (event) => event.kind === 'near-expiry' && event.expiresMs - nowMs() > consumerWarningMs;
}
