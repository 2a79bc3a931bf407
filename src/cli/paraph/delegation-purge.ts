// `paraph delegation purge IMAGE --key ID…`: keys go out of every delegation at once, as after a theft.
//
// Invariant: a key that goes on counting somewhere is never reported as purged without an error.
import type { ClientEvent } from '../../client/events.ts';
import { keyPurge } from '../../client/publish/delegations.ts';
import { Failure } from '../../errors.ts';
import type { CommandBody } from './command.ts';
import { Desk } from './desk.ts';
import { carryOut } from './intent-work.ts';
import { requireKeyId } from './named-key.ts';
import { mannerOf } from './rehearsal.ts';
import { repositoryNamed } from './repository-argument.ts';
import { wrongValue } from './usage-failure.ts';

type Incomplete = ClientEvent & { readonly kind: 'purge-incomplete' };

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
    desk.one(reference, async (at) => {
      const left: Incomplete[] = [];
      const emit = (event: ClientEvent): void => {
        if (event.kind === 'purge-incomplete') left.push(event);
        else at.ports.emit(event);
      };
      const work = { ...at, ports: { ...at.ports, emit } };
      const document = await carryOut(manner, keyPurge(reference.name, keyIds), work);
      if (left.length > 0) at.refuse(incomplete(left));
      return document;
    }),
  );
};

function incomplete(left: readonly Incomplete[]): Failure {
  const roles = left.map(({ role }) => role).join(', ');
  return new Failure('KEY_NOT_FOUND', `${roles} cannot be signed here, and still lists the keys`, {
    facts: Object.fromEntries(left.map(({ role, keyIds }) => [role, keyIds.join(', ')])),
    meaning: 'Out of all other roles they were taken.',
    remedy: 'Purge them where the keys of this role are too, or remove the role.',
  });
}
