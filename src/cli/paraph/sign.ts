// `paraph sign IMAGE:TAG…`: signs what the tags name in the registry now, each repository in one publish. The first
// time its keys are made, and where each one lives is told.
//
// Invariants: every image is known before anything is signed; nothing is reported as signed before the server
// confirmed it; a key that was made stays, and is told, also when the rest failed.
import type { PublisherPorts } from '../../client/ports.ts';
import { type SignRequest, signingIntent, signTags } from '../../client/publish/sign-image.ts';
import { signedJson, signedLines } from '../render/signing.ts';
import type { CommandBody, Invocation } from './command.ts';
import { Desk } from './desk.ts';
import { mannerOf, rehearse } from './rehearsal.ts';
import { targetsRoleNamed } from './repository-argument.ts';
import { rootKeyOf } from './root-key-flag.ts';
import { type SigningOrder, signingOrders } from './signing-orders.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const manner = mannerOf(invocation);
  const wish = { rootKeyId: rootKeyOf(invocation), roles: rolesOf(invocation) };
  return Desk.open(invocation, async (desk) => {
    const orders = await signingOrders(invocation, desk.session);
    return desk.each(orders, (order, at) => {
      const { ports } = at;
      const request = { ...wish, gun: order.reference.name, tags: tagsOf(order) };
      if (manner === 'publish') return sign(order, request, ports, desk);
      return rehearse(manner, signingIntent(request, ports), at);
    });
  });
};

function tagsOf({ images }: SigningOrder): SignRequest['tags'] {
  return images.map(({ tag, digest, size }) => ({ tag, digest, length: size }));
}

async function sign(
  order: SigningOrder,
  request: SignRequest,
  ports: PublisherPorts,
  desk: Desk,
): Promise<object> {
  const result = await signTags(request, ports);
  const { warnAfterwards } = desk.tellNewKeys(result);
  for (const line of signedLines(order, result)) desk.reporter.line(line);
  warnAfterwards();
  return signedJson(order, result);
}

/** @throws Failure ROLE_INVALID */
function rolesOf({ flags }: Invocation): SignRequest['roles'] {
  const named = flags.texts('role');
  return named.length === 0 ? undefined : named.map(targetsRoleNamed);
}
