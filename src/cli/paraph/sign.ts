// `paraph sign IMAGE:TAG…`: signs what the tags name in the registry now, each repository in one publish. The first
// time its keys are made, and where each one lives is told.
//
// Invariants: every image is known before anything is signed; nothing is reported as signed before the server
// confirmed it; a key that was made stays, and is told, also when the rest failed.
import type { ClientEvent } from '../../client/events.ts';
import { type SignResult, signTags } from '../../client/publish/sign-image.ts';
import { asFailure, type ExitStatus, exitStatus, type Failure } from '../../errors.ts';
import { homely } from '../places.ts';
import {
  keptKeyLines,
  newKeyLines,
  newKeysJson,
  signedJson,
  signedLines,
} from '../render/signing.ts';
import type { CommandBody, Invocation } from './command.ts';
import { Publisher } from './publisher.ts';
import { Session } from './session.ts';
import { type SigningOrder, signingOrders } from './signing-orders.ts';
import { wrongValue } from './usage-failure.ts';
import { withRemedy } from './with-remedy.ts';

export const run: CommandBody['run'] = async (invocation) => {
  rootKeyOf(invocation);
  const session = await Session.open(invocation);
  const publisher = new Publisher(invocation, session);
  try {
    const orders = await signingOrders(invocation, session);
    return await new Signing(invocation, session, publisher).run(orders);
  } finally {
    await publisher.close();
    session.close();
  }
};

type KeyChosen = ClientEvent & { readonly kind: 'key-chosen' };

class Signing {
  readonly #invocation: Invocation;
  readonly #session: Session;
  readonly #publisher: Publisher;

  constructor(invocation: Invocation, session: Session, publisher: Publisher) {
    this.#invocation = invocation;
    this.#session = session;
    this.#publisher = publisher;
  }

  /** One repository after the other: a person may be asked for passphrases. The status is that of the first failure. */
  async run(orders: readonly SigningOrder[]): Promise<ExitStatus> {
    const { reporter } = this.#session;
    const done: object[] = [];
    const statuses: ExitStatus[] = [];
    for (const order of orders) {
      const made: KeyChosen[] = [];
      try {
        const result = await this.#sign(order, made);
        this.#tell(order, result);
        done.push(signedJson(order, result));
      } catch (error) {
        const failure = this.#session.atTrustServer(withPassphraseFlags(asFailure(error)));
        this.#tellKept(order, made);
        reporter.failure(failure, order.reference.name);
        statuses.push(failure.exit);
      }
    }
    if (done.length > 0) reporter.result([], { repositories: done });
    return statuses[0] ?? exitStatus.done;
  }

  #sign({ reference, images }: SigningOrder, made: KeyChosen[]): Promise<SignResult> {
    const ports = this.#publisher.ports(reference, (event) => {
      if (event.kind === 'key-chosen' && event.isNew) made.push(event);
      // The table of keys tells both.
      return event.kind === 'key-chosen' || isOwnRoot(event);
    });
    const tags = images.map(({ tag, digest, size }) => ({ tag, digest, length: size }));
    const rootKeyId = rootKeyOf(this.#invocation);
    return signTags({ gun: reference.name, tags, rootKeyId }, ports);
  }

  #tell(order: SigningOrder, result: SignResult): void {
    const { reporter } = this.#session;
    const { head, warning } = newKeyLines(result, (path) => this.#place(path));
    if (head.length > 0) reporter.notice(head, { kind: 'keys-made', keys: newKeysJson(result) });
    for (const line of signedLines(order, result)) reporter.line(line);
    if (warning.length > 0) reporter.notice(warning, { kind: 'one-root-key' });
  }

  #tellKept({ reference }: SigningOrder, made: readonly KeyChosen[]): void {
    if (made.length === 0) return;
    const { reporter, places } = this.#session;
    const keys = made.map(({ role, keyId, location }) => ({ role, id: keyId, location }));
    const lines = keptKeyLines(reference.name, keys, this.#place(places.trustDir));
    reporter.notice(lines, { kind: 'keys-kept', keys });
  }

  #place(path: string): string {
    return homely(path, this.#invocation.world.homeDir);
  }
}

/** @throws Failure USAGE for what cannot be the beginning of an ID */
function rootKeyOf({ flags }: Invocation): string | undefined {
  const text = flags.text('root-key');
  if (text === undefined || /^[0-9a-f]{7,64}$/.test(text)) return text;
  throw wrongValue(`--root-key ${text} is not an ID, or at least 7 digits of its beginning`, {
    command: 'sign',
    hints: ['paraph key list shows the keys on this machine.'],
  });
}

/** The flags by which this command can be given what was missing. */
function withPassphraseFlags(failure: Failure): Failure {
  if (failure.code !== 'PASSPHRASE_MISSING' || failure.remedy.includes('--passphrase-f'))
    return failure;
  return withRemedy(
    failure,
    `${failure.remedy}\nThe flags are --passphrase-file FILE and --passphrase-fd N.`,
  );
}

function isOwnRoot(event: ClientEvent): boolean {
  return event.kind === 'trust-began' && event.reason === 'made-here';
}
