// `paraph signer remove NAME IMAGE…`: the signer goes, or with --key some keys of one, out of the signer's role and
// targets/releases in one publication.
//
// Invariant: what could be pulled before, and could not afterwards, is asked about before it happens.
import {
  removeSigner,
  type SignerRemoval,
  type SignerRemoved,
  signerRemovalIntent,
  signerSituation,
} from '../../client/publish/signers.ts';
import { idList } from '../render/notice.ts';
import { safe } from '../render/safe-text.ts';
import { publishedLines, uploadedJson, verbCell } from '../render/signing.ts';
import type { CommandBody, Invocation } from './command.ts';
import { Desk, type Work } from './desk.ts';
import { confirmed } from './question.ts';
import { mannerOf, rehearse } from './rehearsal.ts';
import { repositoryNamed } from './repository-argument.ts';
import { wrongValue } from './usage-failure.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const manner = mannerOf(invocation);
  const [name = '', ...images] = invocation.args;
  const orders = images.map((asked) => ({ reference: repositoryNamed(asked, 'signer remove') }));
  const keyIds = keyIdsOf(invocation);
  return Desk.open(invocation, (desk) =>
    desk.each(orders, ({ reference }, at) => {
      const removal = { gun: reference.name, name, keyIds };
      return manner === 'publish'
        ? remove(removal, at, invocation)
        : rehearse(manner, signerRemovalIntent(removal, at.ports), at);
    }),
  );
};

/** @throws Failure USAGE for what cannot be the beginning of an ID */
function keyIdsOf({ flags }: Invocation): readonly string[] | undefined {
  const ids = flags.texts('key');
  const wrong = ids.find((id) => !/^[0-9a-f]{7,64}$/.test(id));
  if (wrong !== undefined) {
    throw wrongValue(`--key ${wrong} is not an ID, or at least 7 digits of its beginning`, {
      command: 'signer remove',
      hints: ['paraph signer list IMAGE shows the keys of each signer.'],
    });
  }
  return ids.length === 0 ? undefined : ids;
}

async function remove(
  removal: SignerRemoval,
  { ports, reporter, decline }: Work,
  invocation: Invocation,
): Promise<object> {
  const { gun, name, keyIds } = removal;
  const { isLast } = await signerSituation(gun, name, ports, keyIds);
  if (isLast && !(await confirmed({ loss: lossOf(removal), subject: name }, invocation))) {
    return decline();
  }
  const done = await removeSigner(removal, ports);
  reporter.line(removedLine(done));
  for (const line of publishedLines(done)) reporter.line(line);
  const left = workLeft(done);
  if (left.length > 0) reporter.notice(left, { kind: 'work-left', gun, releases: done.releases });
  const { outcome, releases, sharedWith } = done;
  return {
    repository: gun,
    signer: name,
    outcome,
    signerKeys: done.keyIds,
    releases,
    sharedWith,
    ...uploadedJson(done),
  };
}

function lossOf({ gun, name }: SignerRemoval): string {
  return (
    `What is released of ${gun} is signed by ${name} and, as far as can be seen here, by nobody else who stays. Without ` +
    `${name} its tags cannot be pulled until another signer has signed.`
  );
}

function removedLine({ gun, name, outcome, keyIds }: SignerRemoved): string {
  const keys = `${keyIds.length === 1 ? 'key' : 'keys'} ${safe(idList(keyIds))}`;
  return outcome === 'removed'
    ? `${verbCell('removed')}  ${safe(name)} from ${safe(gun)}, ${keys}`
    : `${verbCell('removed')}  ${keys} of ${safe(name)} from ${safe(gun)}`;
}

/** What the removal leaves for somebody to do. That a role has no key left is told by its own event. */
function workLeft({ gun, releases, sharedWith }: SignerRemoved): readonly string[] {
  const others = safe(sharedWith.join(', '));
  return [
    ...(sharedWith.length === 0
      ? []
      : [`The same key is one of ${others}, whose role keeps it; it releases nothing any more.`]),
    ...(releases === 'unsigned'
      ? [
          'No tag that was released can be pulled until a signer who stays signs targets/releases again:',
          `  paraph delegation witness ${safe(gun)} releases`,
        ]
      : []),
  ];
}
