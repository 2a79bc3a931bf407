// `notary version`
import type { NotaryBody } from './command.ts';
import { versionTable } from './version-words.ts';

export const run: NotaryBody['run'] = ({ world }) => {
  world.stdout.write(versionTable());
  return Promise.resolve();
};
