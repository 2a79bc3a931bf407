// `notary delegation purge GUN --key ID`: stages that keys leave every delegation.
import { delegationChange } from '../../client/trustdir/change.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { inSession } from './session.ts';
import { maybePublish, stageChanges } from './staging.ts';
import { usageFirst } from './usage-first.ts';

/** How the change list names all delegations. */
const everyDelegation = 'targets/*';

export const run: NotaryBody['run'] = async (call) => {
  const [gun] = call.args;
  if (gun === undefined || call.args.length !== 1) {
    throw usageFirst(call, 'Please provide a single Global Unique Name as an argument to remove');
  }
  const keyIds = call.flags.list('key');
  if (keyIds.length === 0) {
    throw usageFirst(call, 'Please provide at least one key ID to be removed using the --key flag');
  }
  await inSession(call, async (session) => {
    const change = delegationChange(everyDelegation, 'update', { removeKeyIds: keyIds });
    await stageChanges(gun, [change], session, call);
    session.console.print(
      [
        `Removal of the following keys from all delegations in ${safe(gun)} staged for next publish:`,
        ...keyIds.map((id) => `\t- ${safe(id)}`),
      ].join('\n'),
    );
    await maybePublish(gun, session, call);
  });
};
