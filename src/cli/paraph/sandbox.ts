// `paraph sandbox`: the stack in one process, and its story.
import { exitStatus } from '../../errors.ts';
import type { CommandBody } from './command.ts';

export const run: CommandBody['run'] = async ({ flags, world }) => {
  const { runSandbox } = await import('../../sandbox/sandbox.ts');
  await runSandbox({ world, keep: flags.text('keep'), isShort: flags.isOn('exit') });
  return exitStatus.done;
};
