// `paraph delegation remove IMAGE ROLE`: keys or tags of a role go, or all of it, which is asked about.
import {
  type DelegationRemoval,
  delegationRemoval,
  isWhole,
} from '../../client/publish/delegations.ts';
import type { CommandBody } from './command.ts';
import { Desk } from './desk.ts';
import { carryOut } from './intent-work.ts';
import { requireKeyId } from './named-key.ts';
import { confirmed } from './question.ts';
import { mannerOf } from './rehearsal.ts';
import { delegationNamed, repositoryNamed } from './repository-argument.ts';
import { pathsOf } from './tag-paths.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const { args, flags, name: command } = invocation;
  const [asked = '', named = ''] = args;
  const manner = mannerOf(invocation);
  const reference = repositoryNamed(asked, command);
  const removal: DelegationRemoval = {
    gun: reference.name,
    role: delegationNamed(named),
    keyIds: flags.texts('key').map((id) => requireKeyId(id, command)),
    paths: pathsOf(invocation),
    allPaths: flags.isOn('all-paths'),
  };
  return Desk.open(invocation, (desk) =>
    desk.one(reference, async (at) => {
      const isAsked = manner === 'publish' && isWhole(removal);
      if (
        isAsked &&
        !(await confirmed({ loss: lossOf(removal), subject: removal.role }, invocation))
      ) {
        return at.decline();
      }
      return carryOut(manner, delegationRemoval(removal), at);
    }),
  );
};

function lossOf({ gun, role }: DelegationRemoval): string {
  return (
    `The role ${role} of ${gun} goes, with its keys, the tags that it signs and the roles below it. What nobody else ` +
    'signs cannot be pulled any more.'
  );
}
