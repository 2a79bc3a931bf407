// `paraph sandbox`: the stack in one process, and its story.
import { exitStatus } from '../../errors.ts';
import type { CommandBody } from './command.ts';

export const run: CommandBody['run'] = async ({ flags, world, program }) => {
  const { runSandbox } = await import('../../sandbox/sandbox.ts');
  const keep = flags.text('keep');
  await runSandbox({ world, paraph: program.run, keep, isShort: flags.isOn('exit') });
  return exitStatus.done;
};
