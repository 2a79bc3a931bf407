// Stands for `paraph sandbox` until its parts are there.
import { Failure } from '../../errors.ts';
import type { CommandBody } from './command.ts';

export const run: CommandBody['run'] = () => {
  throw new Failure('INTERNAL', 'paraph sandbox is not there yet');
};
