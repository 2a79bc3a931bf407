// Stands for `paraph verify` until its parts are there.
import { Failure } from '../../errors.ts';
import type { CommandBody } from './command.ts';

export const run: CommandBody['run'] = () => {
  throw new Failure('INTERNAL', 'paraph verify is not there yet');
};
