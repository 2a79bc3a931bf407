// What the thread that makes reads is told, and what it says back.
import * as v from 'valibot';

export const readPlan = v.object({
  port: v.number(),
  /** PEM of the authority; undefined for plain HTTP. */
  ca: v.optional(v.string()),
  path: v.string(),
  connections: v.number(),
  /** A new connection for every request, or one connection for all. */
  isFresh: v.boolean(),
  /** Requests before this time are not counted. */
  warmUpMs: v.number(),
  measureMs: v.number(),
});

export type ReadPlan = v.InferOutput<typeof readPlan>;

export const readTally = v.object({
  requests: v.number(),
  seconds: v.number(),
  /** Share of the time in which the thread had work: near 1, the load could not have been greater. */
  busy: v.number(),
  p50Ms: v.number(),
  p99Ms: v.number(),
});

export type ReadTally = v.InferOutput<typeof readTally>;

/** `begun` when counting starts, `ended` with the tally. */
export const readReport = v.variant('state', [
  v.object({ state: v.literal('begun') }),
  v.object({ state: v.literal('ended'), tally: readTally }),
]);

export type ReadReport = v.InferOutput<typeof readReport>;
