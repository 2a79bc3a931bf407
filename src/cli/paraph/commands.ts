// The command table: everything that `paraph` can do. The commander grammar, the help texts and
// docs/reference/commands.md are made from it. Loading it loads no command: each body waits behind import().
import type { CommandSpec } from './command.ts';
import { delegationCommands } from './commands-of-delegations.ts';
import { imageCommands } from './commands-of-images.ts';
import { keyCommands } from './commands-of-keys.ts';
import { repositoryCommands } from './commands-of-repositories.ts';
import { serviceCommands } from './commands-of-service.ts';

export const commands: readonly CommandSpec[] = [
  ...imageCommands,
  ...keyCommands,
  ...repositoryCommands,
  ...delegationCommands,
  ...serviceCommands,
];
