// Publishing everything that is staged, as `publish` and -p do.
import { publishStaged } from '../../client/publish/staged.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryCall } from './command.ts';
import { withPublisher } from './publisher.ts';
import type { NotarySession } from './session.ts';

/** @param announcement said when the server was found, or was not, before anything is sent */
export async function publishAll(
  gun: string,
  session: NotarySession,
  call: NotaryCall,
  announcement?: string,
): Promise<void> {
  const server = await session.server('write');
  if (announcement !== undefined) session.console.print(safe(announcement));
  await withPublisher(session, server, call, (ports) => publishStaged(gun, ports));
  session.console.print(`Successfully published changes for repository ${safe(gun)}`);
}
