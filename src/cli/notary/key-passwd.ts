// `notary key passwd ID`: gives a private key another passphrase.
import { asFailure, type Failure } from '../../errors.ts';
import type { NotaryBody } from './command.ts';
import { requireKeyId } from './key-id.ts';
import { withKeys } from './publisher.ts';
import { inSession } from './session.ts';
import { usageFirst } from './usage-first.ts';

export const run: NotaryBody['run'] = async (call) => {
  const [named] = call.args;
  if (named === undefined) {
    throw usageFirst(call, 'must specify the key ID of the key to change the passphrase of');
  }
  await inSession(call, async (session) => {
    const id = requireKeyId(named);
    await withKeys(session, call, async (keys) => {
      try {
        await keys.open(id);
      } catch (error) {
        throw unopened(id, asFailure(error));
      }
      await keys.changePassphrase(id);
    });
    session.console.print(`\nSuccessfully updated passphrase for key ID: ${id}`);
  });
};

/** notary has one message for everything that keeps a key shut; the code tells what it was. */
function unopened(id: string, failure: Failure): Failure {
  return failure.with({ message: `could not retrieve local key for key ID provided: ${id}` });
}
