// `--path PREFIX` and `--all-paths`: beginnings of tags that a role may sign.
import type { Invocation } from './command.ts';
import { wrongValue } from './usage-failure.ts';

/** What --path names. @throws Failure USAGE for the empty one, control characters, and beside --all-paths */
export function pathsOf({ flags, name: command }: Invocation): readonly string[] {
  const paths = flags.texts('path');
  if (paths.length > 0 && flags.isOn('all-paths')) {
    throw wrongValue('--path and --all-paths do not go together', { command });
  }
  // Signed files hold them as they are, which no server can read.
  if (paths.some((path) => /\p{Cc}/u.test(path))) {
    throw wrongValue('--path has a control character', { command });
  }
  if (!paths.includes('')) return paths;
  throw wrongValue('--path is empty', { command, hints: ['Every tag is --all-paths.'] });
}
