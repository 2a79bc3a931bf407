// `paraph server`: the daemon of that name, with the flags, files and variables that it reads itself. Its main sets
// the exit status.
import type { CommandBody } from './command.ts';

export const run: CommandBody['run'] = async ({ args }) => {
  const { main } = await import('../../server/main.ts');
  await main(args);
  return undefined;
};
