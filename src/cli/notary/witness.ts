// `notary witness GUN ROLE…`: stages that roles are signed again as they are.
import { targetsRoleNamed } from '../../client/publish/named-roles.ts';
import { witnessChange } from '../../client/trustdir/change.ts';
import type { NotaryBody } from './command.ts';
import { inSession } from './session.ts';
import { maybePublish, stageChanges } from './staging.ts';
import { usageFirst } from './usage-first.ts';

export const run: NotaryBody['run'] = async (call) => {
  const [gun, ...named] = call.args;
  if (gun === undefined || named.length === 0) {
    throw usageFirst(call, 'Please provide a GUN and at least one role to witness');
  }
  await inSession(call, async (session) => {
    // Go finds out when it publishes, and then publishes nothing at all.
    const roles = named.map((name) => targetsRoleNamed(name, 'this role is not known'));
    await stageChanges(gun, roles.map(witnessChange), session, call);
    session.console.print(
      [
        'The following roles were successfully marked for witnessing on the next publish:',
        ...roles.map((role) => `\t- ${role}`),
      ].join('\n'),
    );
    await maybePublish(gun, session, call);
  });
};
