// `paraph signer add NAME IMAGE… --key FILE`: the keys of a signer, in a role of the signer's own and in targets/releases,
// in one publication. A repository that is not there is made.
import { addSigner, type SignerOrder, signerIntent } from '../../client/publish/signers.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { idList } from '../render/notice.ts';
import { safe } from '../render/safe-text.ts';
import { newKeysJson, publishedLines, uploadedJson, verbCell } from '../render/signing.ts';
import type { CommandBody, Invocation } from './command.ts';
import { Desk, type Work } from './desk.ts';
import { publicKeysOf } from './public-key-flag.ts';
import { mannerOf, rehearse } from './rehearsal.ts';
import { repositoryNamed } from './repository-argument.ts';
import { rootKeyOf } from './root-key-flag.ts';
import { wrongValue } from './usage-failure.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const manner = mannerOf(invocation);
  const [name = '', ...images] = invocation.args;
  const orders = images.map((asked) => ({ reference: repositoryNamed(asked, 'signer add') }));
  const wish = { name, keys: await signerKeys(invocation), rootKeyId: rootKeyOf(invocation) };
  signerIntent({ ...wish, gun: '' }); // refuses name and keys before anybody is asked
  return Desk.open(invocation, (desk) =>
    desk.each(orders, ({ reference }, at) => {
      const order = { ...wish, gun: reference.name };
      return manner === 'publish'
        ? add(order, at, desk)
        : rehearse(manner, signerIntent(order), at);
    }),
  );
};

/** @throws Failure USAGE; what readPublicKeys throws, naming the file */
async function signerKeys(invocation: Invocation): Promise<readonly PublicKey[]> {
  const keys = await publicKeysOf(invocation);
  if (keys.length > 0) return keys;
  throw wrongValue('a signer needs a public key', {
    command: 'signer add',
    hints: ['Name the file that the signer has sent: --key FILE. It is a public key in PEM.'],
  });
}

const verbs = { added: 'added', 'key-added': 'added key', unchanged: 'unchanged' } as const;

async function add(order: SignerOrder, { ports, reporter }: Work, desk: Desk): Promise<object> {
  const done = await addSigner(order, ports);
  const { gun, name, outcome, keyIds } = done;
  const { warnAfterwards } = desk.tellNewKeys(done);
  const key = keyIds.length === 1 ? 'key' : 'keys';
  reporter.line(
    `${verbCell(verbs[outcome])}  ${safe(name)} to ${safe(gun)}, ${key} ${safe(idList(keyIds))}`,
  );
  for (const line of publishedLines(done)) reporter.line(line);
  warnAfterwards();
  return {
    repository: gun,
    signer: name,
    outcome,
    signerKeys: keyIds,
    keys: newKeysJson(done),
    ...uploadedJson(done),
  };
}
