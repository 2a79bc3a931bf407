// `paraph delegation add IMAGE ROLE`: lets keys sign tags with certain beginnings, in a role of their own.
import { delegationAddition } from '../../client/publish/delegations.ts';
import type { CommandBody, Invocation } from './command.ts';
import { Desk } from './desk.ts';
import { carryOut } from './intent-work.ts';
import { publicKeysOf } from './public-key-flag.ts';
import { mannerOf } from './rehearsal.ts';
import { delegationNamed, repositoryNamed } from './repository-argument.ts';
import { pathsOf } from './tag-paths.ts';
import { wrongValue } from './usage-failure.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const { args, flags, name: command } = invocation;
  const [asked = '', named = ''] = args;
  const manner = mannerOf(invocation);
  const reference = repositoryNamed(asked, command);
  const role = delegationNamed(named);
  const prefixes = pathsOf(invocation);
  const paths = flags.isOn('all-paths') ? [''] : prefixes;
  const threshold = thresholdOf(invocation);
  const keys = await publicKeysOf(invocation);
  if (keys.length === 0 && paths.length === 0 && threshold === undefined) {
    throw wrongValue('nothing is added', {
      command,
      hints: ['Name keys with --key FILE, tags with --path PREFIX or --all-paths, or both.'],
    });
  }
  return Desk.open(invocation, (desk) =>
    desk.one(reference, (at) =>
      carryOut(
        manner,
        delegationAddition({ gun: reference.name, role, keys, paths, threshold }),
        at,
      ),
    ),
  );
};

/** @throws Failure USAGE */
function thresholdOf({ flags, name: command }: Invocation): number | undefined {
  const text = flags.text('threshold');
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw wrongValue(`--threshold ${text} is not a number of keys`, { command });
}
