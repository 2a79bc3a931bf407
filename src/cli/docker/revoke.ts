// `docker trust revoke [-y] IMAGE[:TAG]`: takes the signatures of a tag, or of all tags, out of every role that can be
// signed for here. Keys and delegations stay (docker trust §6).
import { type Revocation, revokeTags, stillSigned } from '../../client/publish/revoke.ts';
import { asFailure, exitStatus, Failure } from '../../errors.ts';
import { safe } from '../render/safe-text.ts';
import type { DockerBody } from './command.ts';
import { confirms } from './confirm.ts';
import { readReference } from './reference.ts';
import { withSession } from './session.ts';
import { signerOfRole } from './trust-view.ts';
import { inWords, plainError, prefixed } from './words.ts';

export const run: DockerBody['run'] = async (call) => {
  const { args, flags, world } = call;
  const [name = ''] = args;
  const reference = readReference(name);
  if (reference.digest !== undefined) {
    throw new Failure('REFERENCE_INVALID', 'cannot use a digest reference for IMAGE:TAG', {
      remedy: '',
    });
  }
  const { tag } = reference;
  const question = `Confirm you would like to delete all signature data for ${safe(name)}?`;
  if (tag === undefined && !flags.isOn('yes') && !(await confirms(question, world)))
    return exitStatus.done;
  return withSession(call, async (session) => {
    const ports = session.publisher(reference);
    try {
      const tags = tag === undefined ? 'all' : [tag];
      requireRevoked(await revokeTags({ gun: reference.name, tags }, ports));
    } catch (error) {
      const failure = session.atTrustServer(inDockersWords(asFailure(error)));
      throw prefixed(`could not remove signature for ${name}: `, failure);
    }
    world.stdout.write(`Successfully deleted signature for ${safe(name)}\n`);
    return exitStatus.done;
  });
};

function inDockersWords(failure: Failure): Failure {
  if (failure.code !== 'TAG_NOT_SIGNED') return plainError(failure);
  const message = /no signed tags to remove$/.exec(failure.message)?.[0];
  return message === undefined ? plainError(failure) : inWords(failure, message);
}

/**
 * docker reports tags as deleted that stay signed by the repository key, and that everybody can still pull.
 * @throws Failure KEY_NOT_FOUND
 */
export function requireRevoked(revocation: Revocation): void {
  const still = stillSigned(revocation);
  if (still === undefined) return;
  const { gun } = revocation;
  const { tags, roles, isOwners } = still;
  throw new Failure(
    'KEY_NOT_FOUND',
    `${tags.map(safe).join(', ')} can still be pulled, by the signature of ${roles.map(nameOf).join(', ')}`,
    {
      facts: { repository: gun, roles: roles.join(', ') },
      meaning:
        'docker removes a tag from the delegations that can be signed for here, and from no other role.',
      remedy: isOwners
        ? `Where the repository key is, run: notary remove ${gun} TAG --roles targets --publish`
        : 'Ask a signer who is named to revoke the tag too.',
    },
  );
}

function nameOf(role: string): string {
  return role === 'targets' ? 'the repository key' : signerOfRole(role);
}
