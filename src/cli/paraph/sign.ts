// `paraph sign IMAGE:TAG…`: signs what the tags name in the registry now, each repository in one publish. The first
// time its keys are made, and where each one lives is told.
//
// Invariants: every image is known before anything is signed; nothing is reported as signed before the server
// confirmed it; a key that was made stays, and is told, also when the rest failed.
import type { ClientEvent } from '../../client/events.ts';
import { type SignResult, signTags } from '../../client/publish/sign-image.ts';
import { asFailure, type ExitStatus, exitStatus } from '../../errors.ts';
import { keptKeyLines, newKeyLines, signedJson, signedLines } from '../render/signing.ts';
import type { CommandBody } from './command.ts';
import { homely } from './places.ts';
import { Publisher } from './publisher.ts';
import { Session } from './session.ts';
import { type SigningOrder, signingOrders } from './signing-orders.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const session = new Session(invocation);
  const publisher = new Publisher(invocation, session);
  try {
    const orders = await signingOrders(invocation, session);
    return await signAll(orders);
  } finally {
    await publisher.close();
    session.close();
  }

  /** One repository after the other: a person may be asked for passphrases. */
  async function signAll(orders: readonly SigningOrder[]): Promise<ExitStatus> {
    const done: object[] = [];
    let status: ExitStatus = exitStatus.done;
    for (const order of orders) {
      const made: KeyChosen[] = [];
      try {
        const result = await sign(order, made);
        tell(order, result);
        done.push(signedJson(order, result));
      } catch (error) {
        const failure = asFailure(error);
        tellKept(order, made);
        session.reporter.failure(session.atTrustServer(failure), order.reference.name);
        if (status === exitStatus.done) status = failure.exit;
      }
    }
    if (done.length > 0) session.reporter.result([], { repositories: done });
    return status;
  }

  function sign(order: SigningOrder, made: KeyChosen[]): Promise<SignResult> {
    const ports = publisher.ports(order.reference, (event) => {
      if (event.kind === 'key-chosen' && event.isNew) made.push(event);
      // The table of keys tells both.
      return event.kind === 'key-chosen' || isOwnRoot(event);
    });
    const tags = order.images.map(({ tag, digest, size }) => ({ tag, digest, length: size }));
    const rootKeyId = invocation.flags.text('root-key');
    return signTags({ gun: order.reference.name, tags, rootKeyId }, ports);
  }

  function tell(order: SigningOrder, result: SignResult): void {
    const { reporter } = session;
    const place = (path: string): string => homely(path, invocation.world.homeDir);
    const keys = newKeyLines(result, place);
    if (keys.head.length > 0)
      reporter.notice(keys.head, { kind: 'keys-made', keys: result.newKeys });
    for (const line of signedLines(order, result)) reporter.line(line);
    if (keys.warning.length > 0) reporter.notice(keys.warning, { kind: 'one-root-key' });
  }

  function tellKept(order: SigningOrder, made: readonly KeyChosen[]): void {
    if (made.length === 0) return;
    const keys = made.map(({ role, keyId, location }) => ({ role, id: keyId, location }));
    const place = homely(session.places.trustDir, invocation.world.homeDir);
    session.reporter.notice(keptKeyLines(order.reference.name, keys, place), {
      kind: 'keys-kept',
      keys,
    });
  }
};

function isOwnRoot(event: ClientEvent): boolean {
  return event.kind === 'trust-began' && event.reason === 'made-here';
}

type KeyChosen = ClientEvent & { readonly kind: 'key-chosen' };
