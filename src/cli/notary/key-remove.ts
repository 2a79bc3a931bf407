// `notary key remove ID`: removes a private key for good, after a question.
import { join } from 'node:path';
import { Failure } from '../../errors.ts';
import type { KeyFileStore } from '../../keys/file-store.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { requireKeyId } from './key-id.ts';
import { withKeys } from './publisher.ts';
import { inSession, type NotarySession } from './session.ts';
import { usageFirst } from './usage-first.ts';

export const run: NotaryBody['run'] = async (call) => {
  const [named] = call.args;
  if (named === undefined) {
    throw usageFirst(call, 'must specify the key ID of the key to remove');
  }
  await inSession(call, async (session) => {
    const id = requireKeyId(named);
    session.console.print('');
    try {
      await withKeys(session, call, (keys) => removeAfterQuestion(id, keys, session));
    } finally {
      session.console.print('');
    }
  });
};

async function removeAfterQuestion(
  id: string,
  keys: KeyFileStore,
  { console, config }: NotarySession,
): Promise<void> {
  const entry = (await keys.list()).find((key) => key.id === id);
  if (entry === undefined) throw new Failure('KEY_NOT_FOUND', `No key with ID ${id} found`);
  const place = safe(join(config.trustDir, 'private'));
  const description = `${id} (role ${safe(entry.role)}) from ${place}`;
  if (await console.confirms(`Are you sure you want to remove ${description}?  (yes/no)  `)) {
    await keys.remove(id);
    console.print(`\nDeleted ${description}.`);
  } else {
    console.print('\nAborting action.');
  }
}
