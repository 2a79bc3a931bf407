// `notary` without a command: its usage, or its version.
import { cobraUsage } from '../cobra/usage.ts';
import type { NotaryBody } from './command.ts';
import { versionLine } from './version-words.ts';

export const run: NotaryBody['run'] = ({ path, flags, world }) => {
  world.stdout.write(flags.isOn('version') ? versionLine() : cobraUsage(path));
  return Promise.resolve();
};
