// `notary publish GUN`: everything that is staged goes to the server.
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { gunOf } from './gun-argument.ts';
import { publishAll } from './publish-all.ts';
import { inSession } from './session.ts';

export const run: NotaryBody['run'] = async (call) => {
  const gun = gunOf(call);
  await inSession(call, async (session) => {
    session.console.print(`Pushing changes to ${safe(gun)}`);
    await publishAll(gun, session, call);
  });
};
