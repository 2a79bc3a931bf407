// `paraph key remove ID`: removes a private key from this machine for good, after a question that says what it means.
import { exitStatus } from '../../errors.ts';
import { describeKey, type KeyEntry } from '../../keys/key-store.ts';
import { keyJson, keyWords } from '../render/key.ts';
import { proseId } from '../render/short-id.ts';
import type { CommandBody } from './command.ts';
import { KeyDesk } from './key-desk.ts';
import { keyNamed, requireKeyId } from './named-key.ts';
import { confirmed } from './question.ts';

export const run: CommandBody['run'] = (invocation) => {
  const [named = ''] = invocation.args;
  requireKeyId(named, invocation.name);
  return KeyDesk.open(invocation, async ({ keys, reporter, place }) => {
    const key = keyNamed(named, await keys.list(), invocation.name);
    const loss = `This removes ${describeKey({ ...key, keyId: key.id })} from ${place(key.location)}. ${lossOf(key)}`;
    if (!(await confirmed({ loss, subject: proseId(key.id) }, invocation))) {
      reporter.notice(['Nothing was removed.'], { kind: 'not-confirmed' });
      return exitStatus.failed;
    }
    await keys.remove(key.id);
    reporter.result([`removed  ${keyWords(key)}`], { removed: keyJson(key) });
    return exitStatus.done;
  });
};

/** What nobody can do any more when there is no copy of the file. */
function lossOf({ role }: KeyEntry): string {
  switch (role) {
    case 'root':
      return (
        'Without a copy of it, no key of its repositories can ever be replaced: they must be deleted and made anew, and ' +
        'every consumer must act by hand.'
      );
    case 'targets':
      return 'Without a copy of it, the repository is signed again only after the holder of the root key has replaced it.';
    case 'snapshot':
      return 'Without a copy of it, nothing can be published to the repository until the holder of the root key has replaced it.';
    default:
      return 'Without a copy of it, its signer needs a new key in every repository.';
  }
}
