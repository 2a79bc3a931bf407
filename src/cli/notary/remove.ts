// `notary remove GUN TARGET`: stages that a target is listed no more.
import { removeTargetChange } from '../../client/trustdir/change.ts';
import { Failure } from '../../errors.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { inSession } from './session.ts';
import { maybePublish, stageChanges } from './staging.ts';
import { targetRoles } from './target-roles.ts';

export const run: NotaryBody['run'] = async (call) => {
  const [gun, name] = call.args;
  // The one command that does not show its usage here.
  if (gun === undefined || name === undefined) {
    throw new Failure('USAGE', 'Must specify a GUN and target');
  }
  await inSession(call, async (session) => {
    const changes = targetRoles(call).map((role) => removeTargetChange(role, name));
    await stageChanges(gun, changes, session, call);
    session.console.print(`Removal of ${safe(name)} from ${safe(gun)} staged for next publish.`);
    await maybePublish(gun, session, call);
  });
};
