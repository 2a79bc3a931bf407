// Stands where a command is not written yet.
import { Failure } from '../../errors.ts';
import type { NotaryBody } from './command.ts';

export const run: NotaryBody['run'] = ({ path }) =>
  Promise.reject(new Failure('INTERNAL', `${path.at(-1)?.use ?? ''} is not there yet`));
