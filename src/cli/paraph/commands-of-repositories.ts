// Rows of the command table for whole repositories: making and deleting them, their signers, and what is staged.
import type { CommandSpec } from './command.ts';

export const repositoryCommands: readonly CommandSpec[] = [];
