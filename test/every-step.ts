// How often the tests that kill a program do so: at the first step of each kind, unless somebody wants every step.
// PARAPH_EVERY_STEP=1 makes them kill at every step, which takes minutes.

/** Whether every step is asked for. */
const isEveryStep = process.env['PARAPH_EVERY_STEP'] === '1';

/** `all` when every step is asked for, otherwise `some` of them, which stand for the rest. */
export function stepsOf<Step>(
  all: readonly Step[],
  some: (step: Step) => boolean,
): readonly Step[] {
  return isEveryStep ? all : all.filter(some);
}
