// Rows of the command table for delegations: who may sign which tags beside the repository key.
import type { CommandSpec } from './command.ts';

export const delegationCommands: readonly CommandSpec[] = [];
