// `paraph revoke IMAGE:TAG…` and `paraph revoke IMAGE --all`: takes signatures off tags, each repository in one publish.
// Keys and delegations stay.
//
// Invariant: a tag that can still be pulled is never reported as revoked.
import {
  type Revocation,
  type RevokedTag,
  type RevokeRequest,
  revocationIntent,
  revokeTags,
  stillSigned,
} from '../../client/publish/revoke.ts';
import { asFailure, Failure } from '../../errors.ts';
import { isTag } from '../../remote/reference.ts';
import { type ImageReference, parseReference } from '../../remote/registry.ts';
import { safe } from '../render/safe-text.ts';
import { publishedLines, uploadedJson, verbCell } from '../render/signing.ts';
import { table } from '../render/table.ts';
import type { CommandBody, Invocation } from './command.ts';
import { Desk, type Work } from './desk.ts';
import { confirmed } from './question.ts';
import { mannerOf, rehearse } from './rehearsal.ts';
import { repositoryNamed, targetsRoleNamed } from './repository-argument.ts';

interface Order {
  readonly reference: ImageReference;
  readonly tags: 'all' | readonly string[];
}

export const run: CommandBody['run'] = async (invocation) => {
  const manner = mannerOf(invocation);
  const orders = ordersOf(invocation);
  const named = invocation.flags.texts('role').map(targetsRoleNamed);
  const roles = named.length === 0 ? undefined : named;
  return Desk.open(invocation, (desk) =>
    desk.each(orders, async (order, at) => {
      const { reference, tags } = order;
      const request = { gun: reference.name, tags, roles };
      if (manner !== 'publish') return rehearse(manner, revocationIntent(request, at.ports), at);
      return (await mayGoOn(order, invocation)) ? revoke(request, at) : at.decline();
    }),
  );
};

/** @throws Failure REFERENCE_INVALID */
function ordersOf({ args, flags }: Invocation): readonly Order[] {
  if (flags.isOn('all')) {
    const references = args.map((asked) => repositoryNamed(asked, 'revoke --all'));
    const names = new Map(references.map((reference) => [reference.name, reference]));
    return [...names.values()].map((reference) => ({ reference, tags: 'all' }));
  }
  const orders = new Map<string, { reference: ImageReference; tags: string[] }>();
  for (const asked of args) {
    const reference = parseReference(asked);
    const order = orders.get(reference.name) ?? { reference, tags: [] };
    order.tags.push(tagOf(asked, reference));
    orders.set(reference.name, order);
  }
  return [...orders.values()];
}

function tagOf(asked: string, { name, tag, digest }: ImageReference): string {
  if (tag !== undefined && digest === undefined) return tag;
  if (digest !== undefined) {
    throw new Failure('REFERENCE_INVALID', `${asked} names a digest`, {
      meaning: 'Signatures are revoked from a tag, whatever it stands for.',
      remedy: `Leave the digest out:\n  paraph revoke ${name}:${tag ?? 'TAG'}`,
    });
  }
  throw new Failure('REFERENCE_INVALID', `${asked} names no tag`, {
    remedy: `Name the tag, or say that all are meant:\n  paraph revoke ${name} --all`,
  });
}

/** All tags at once is a loss that is asked about; one by one is not. */
async function mayGoOn({ reference, tags }: Order, invocation: Invocation): Promise<boolean> {
  if (tags !== 'all') return true;
  const subject = reference.name;
  const loss = `Every tag of ${subject} loses its signature: none of them can be pulled with content trust any more.`;
  return confirmed({ loss, subject }, invocation);
}

async function revoke(request: RevokeRequest, { ports, reporter, refuse }: Work): Promise<object> {
  const done = await revokeTags(request, ports).catch((error: unknown) => {
    throw withRoleHint(asFailure(error), request);
  });
  for (const line of table([{}, {}, {}], done.tags.map(tagRow))) reporter.line(line);
  for (const line of publishedLines(done)) reporter.line(line);
  const refusal = stillSignedFailure(done);
  if (refusal !== undefined) refuse(refusal);
  return revocationJson(done);
}

/** The repository key may be here and is not used unasked where there are delegations. */
function withRoleHint(failure: Failure, { gun, tags, roles }: RevokeRequest): Failure {
  if (failure.code !== 'KEY_NOT_FOUND' || roles !== undefined) return failure;
  const image = tags === 'all' ? `${gun} --all` : `${gun}:${tags[0]}`;
  return failure.with({
    remedy: `${failure.remedy}\nWhat the repository key has signed is revoked by naming its role:\n  paraph revoke ${image} --role targets`,
  });
}

function tagRow({ tag, outcome, removedFrom, stillSignedBy }: RevokedTag): readonly string[] {
  const from = removedFrom.length === 0 ? '' : `from ${safe(removedFrom.join(' and '))}`;
  const still = stillSignedBy.length === 0 ? '' : `listed by ${safe(stillSignedBy.join(' and '))}`;
  const isPulled = outcome === 'still-signed' ? ', can still be pulled' : '';
  const what = [from, still === '' ? '' : still + isPulled].filter((part) => part !== '');
  return [
    verbCell(outcome === 'still-signed' ? 'kept' : outcome),
    safe(tag),
    what.join(', still '),
  ];
}

/** What is wrong when tags can still be pulled. */
export function stillSignedFailure(revocation: Revocation): Failure | undefined {
  const still = stillSigned(revocation);
  if (still === undefined) return undefined;
  const { gun } = revocation;
  const { tags, roles, isOwners } = still;
  // A publisher chose the name; a command that somebody pastes has room for tags only.
  const named = isTag(tags[0]) ? tags[0] : 'TAG';
  return new Failure('KEY_NOT_FOUND', `${tags.map(safe).join(', ')} can still be pulled`, {
    facts: { 'signed in': roles.join(', ') },
    meaning:
      'Where there are delegations, tags are taken out of those that can be signed for here, and of no other role.',
    remedy: isOwners
      ? `Where the repository key is, name its role:\n  paraph revoke ${gun}:${named} --role targets`
      : 'Ask a signer of a role that is named to revoke the tag too.',
  });
}

function revocationJson({ gun, tags, ...done }: Revocation): object {
  return { repository: gun, tags, ...uploadedJson(done) };
}
