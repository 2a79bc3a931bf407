// Times in the databases of both daemons, as Go writes them: UTC without a zone, so that rows of notary's tables move to
// and from its databases by copying.

/** `2026-11-25 10:00:00.000`, of milliseconds since 1970. */
export function sqlTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
}

/** The inverse; NaN for what is no such time. */
export function sqlTimeMs(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}
