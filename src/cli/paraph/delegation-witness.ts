// `paraph delegation witness IMAGE ROLE…`: signs roles again as they are, with the keys that they have now.
import { witnessing } from '../../client/publish/delegations.ts';
import type { CommandBody } from './command.ts';
import { Desk } from './desk.ts';
import { carryOut } from './intent-work.ts';
import { mannerOf } from './rehearsal.ts';
import { repositoryNamed, targetsRoleNamed } from './repository-argument.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const [asked = '', ...named] = invocation.args;
  const manner = mannerOf(invocation);
  const reference = repositoryNamed(asked, invocation.name);
  const roles = [...new Set(named.map(targetsRoleNamed))];
  return Desk.open(invocation, (desk) =>
    desk.one(reference, (at) => carryOut(manner, witnessing(reference.name, roles), at)),
  );
};
