// Stands for `paraph inspect` until its parts are there.
import { Failure } from '../../errors.ts';
import type { CommandBody } from './command.ts';

export const run: CommandBody['run'] = () => {
  throw new Failure('INTERNAL', 'paraph inspect is not there yet');
};
