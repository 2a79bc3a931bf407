// Times as people read them: absolute, with their zone, and beside that how far away.

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Below this many of a unit the next smaller one is used: `in 47 hours`, `in 2 days`. */
const fewest = 2;

/** `2026-12-08`, in UTC. */
export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** `2026-12-08 14:03 UTC` */
export function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `in 14 days`, `3 hours ago`, `now`. */
export function distance(ms: number, nowMs: number): string {
  const gap = Math.abs(ms - nowMs);
  const amount = largestUnit(gap);
  if (amount === undefined) return 'now';
  return ms > nowMs ? `in ${amount}` : `${amount} ago`;
}

function largestUnit(gap: number): string | undefined {
  if (gap >= fewest * dayMs) return `${Math.round(gap / dayMs)} days`;
  if (gap >= fewest * hourMs) return `${Math.round(gap / hourMs)} hours`;
  if (gap >= fewest * minuteMs) return `${Math.round(gap / minuteMs)} minutes`;
  return undefined;
}

/** True when `ms` is past, or so near that a table says how near. */
export function isSoon(ms: number, nowMs: number): boolean {
  return ms - nowMs <= 30 * dayMs;
}
