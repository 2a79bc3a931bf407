// Waits for keys that are made for a file, and for the reading of public keys.
import { Failure } from '../../errors.ts';
import type { DockerBody } from './command.ts';

export const run: DockerBody['run'] = () =>
  Promise.reject(new Failure('USAGE', 'this command is not finished', { remedy: '' }));
