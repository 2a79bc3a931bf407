// Times of metadata: kept as the text that was signed, compared in milliseconds, written as Go writes them.
import { Failure } from '../errors.ts';
import type { BaseRole } from './role.ts';

export interface Expiry {
  /** As it stands in the file, with up to nine digits of a second and any zone. */
  readonly text: string;
  /** The same instant in milliseconds since 1970, rounded down. */
  readonly ms: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/** How long a file is valid from the moment it is composed (notary dialect §6). */
export const lifetimeMs: Readonly<Record<BaseRole | 'delegation', number>> = {
  root: 3650 * dayMs,
  targets: 1095 * dayMs,
  delegation: 1095 * dayMs,
  snapshot: 1095 * dayMs,
  timestamp: 14 * dayMs,
};

const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** @throws Failure METADATA_INVALID when `text` is not an RFC 3339 time of an existing day. */
export function parseExpiry(text: string): Expiry {
  const parts = rfc3339.exec(text);
  const [, year, month, day, hour, minute, second, fraction = '', zone] = parts ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.000${zone}`);
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number.isNaN(ms) || Number(day) > daysInMonth || Number(hour) > 23) {
    throw new Failure(
      'METADATA_INVALID',
      `expires ${JSON.stringify(text.slice(0, 64))} is not a time`,
    );
  }
  return { text, ms: ms + Number(fraction.slice(0, 3).padEnd(3, '0')) };
}

/** The instant `ms` (since 1970) in the form that Go writes: zeros at the end of the fraction left out. */
export function expiryAt(ms: number): Expiry {
  const text = new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
  return { text, ms };
}

/**
 * The text that Go writes back after reading `expiry`: at most nine digits of a second, no zeros at the end,
 * `Z` for a zone offset of zero.
 */
export function goTimeText(expiry: Expiry): string {
  const [, , , , , , , fraction = '', zone = 'Z'] = rfc3339.exec(expiry.text) ?? [];
  const digits = fraction.slice(0, 9).replace(/0+$/, '');
  const isUtc = zone === 'Z' || zone === '+00:00' || zone === '-00:00';
  const whole = expiry.text.slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  return `${whole}${digits === '' ? '' : `.${digits}`}${isUtc ? 'Z' : zone}`;
}

/** Expired means strictly before now, as in Go. */
export function isExpired(expiry: Expiry, nowMs: number): boolean {
  return expiry.ms < nowMs;
}
