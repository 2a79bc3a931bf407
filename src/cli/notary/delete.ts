// `notary delete GUN`: the trust data of a repository here, and with --remote on the server for everybody.
import { forgetRepository } from '../../client/publish/forget.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { gunOf } from './gun-argument.ts';
import { withPublisher } from './publisher.ts';
import { noServer } from './server.ts';
import { inSession } from './session.ts';

export const run: NotaryBody['run'] = async (call) => {
  const gun = gunOf(call);
  const remote = call.flags.isOn('remote');
  await inSession(call, async (session) => {
    const server = remote ? await session.server('write') : noServer(session.config.server.url);
    session.console.print(`Deleting trust data for repository ${safe(gun)}`);
    await withPublisher(session, server, call, (ports) => forgetRepository({ gun, remote }, ports));
    const where = remote ? 'local and remote' : 'local';
    session.console.print(`Successfully deleted ${where} trust data for repository ${safe(gun)}`);
  });
};
