// `paraph delegation purge IMAGE --key ID…`: keys go out of every delegation at once, as after a theft.
import { keyPurge } from '../../client/publish/delegations.ts';
import type { CommandBody } from './command.ts';
import { Desk } from './desk.ts';
import { refusingIncomplete } from './incomplete-purge.ts';
import { carryOut } from './intent-work.ts';
import { requireKeyId } from './named-key.ts';
import { mannerOf } from './rehearsal.ts';
import { repositoryNamed } from './repository-argument.ts';
import { wrongValue } from './usage-failure.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const { args, flags, name: command } = invocation;
  const [asked = ''] = args;
  const manner = mannerOf(invocation);
  const reference = repositoryNamed(asked, command);
  const keyIds = flags.texts('key').map((id) => requireKeyId(id, command));
  if (keyIds.length === 0) {
    throw wrongValue('no key is named', {
      command,
      hints: ['Name keys with --key ID. paraph delegation list IMAGE shows them.'],
    });
  }
  return Desk.open(invocation, (desk) =>
    desk.one(reference, (at) =>
      refusingIncomplete(at, (work) => carryOut(manner, keyPurge(reference.name, keyIds), work)),
    ),
  );
};
