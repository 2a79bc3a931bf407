// How long and from where every fuzz test runs: seeded, so that a run can be repeated, and short by default.
// PARAPH_FUZZ_RUNS=5000 makes all of them long, PARAPH_FUZZ_SEED=… makes others of them. What PARAPH_EVERY_STEP=1 does
// for the tests that kill a program is told in test/every-step.ts.
import fc from 'fast-check';

const asked = process.env['PARAPH_FUZZ_RUNS'];
const seed = Number(process.env['PARAPH_FUZZ_SEED'] ?? 20_261_125);
const perRunMs = 200;
const baseMs = 30_000;

/** How many runs: `usual`, which takes a few seconds, unless somebody has asked for more. */
function runsOf(usual: number): number {
  return asked === undefined ? usual : Number(asked);
}

/** For the third argument of `it`. */
export function timeoutMs(usual: number): number {
  return baseMs + runsOf(usual) * perRunMs;
}

function parameters(usual: number): fc.Parameters<unknown> {
  return { numRuns: runsOf(usual), seed, endOnFailure: true };
}

/** Holds `check` against what `arbitrary` makes, one after the other. */
export async function holds<T>(
  usual: number,
  arbitrary: fc.Arbitrary<T>,
  check: (made: T) => Promise<unknown>,
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, async (made) => {
    await check(made);
  });
  await fc.assert(property, parameters(usual));
}
