// Where a command publishes from: its session, its keys, and the manner in which what fails and what was made on the way
// is told. Opened by a command and closed by it, whatever happens.
//
// Invariants: repositories are worked on one after the other, since a person may be asked for passphrases; the status
// is that of the first that failed; a key that was made stays, and is told, also when the rest failed.
import type { ClientEvent } from '../../client/events.ts';
import type { RepositoryKey } from '../../client/publish/first-root.ts';
import type { RotationPorts } from '../../client/publish/rotate.ts';
import { asFailure, type ExitStatus, exitStatus, type Failure } from '../../errors.ts';
import type { ImageReference } from '../../remote/registry.ts';
import { KeyRing } from '../key-ring.ts';
import { placeOf } from '../places.ts';
import { publisherPorts } from '../ports.ts';
import type { Reporter } from '../render/reporter.ts';
import { keptKeyLines, newKeyLines, newKeysJson } from '../render/signing.ts';
import type { Invocation } from './command.ts';
import { askingBy, withPassphraseFlags } from './passphrase-flags.ts';
import { Session } from './session.ts';

type KeyChosen = ClientEvent & { readonly kind: 'key-chosen' };

/** What one repository is worked on with. */
export interface Work {
  readonly ports: RotationPorts;
  readonly reporter: Reporter;
  /** Reports what is wrong although there is a result: the status is that of the failure. */
  readonly refuse: (failure: Failure) => void;
  /** After a no to a question; gives the document. */
  readonly decline: () => object;
}

export class Desk {
  readonly session: Session;
  readonly #place: (path: string) => string;
  readonly #keyRing: KeyRing;

  private constructor(invocation: Invocation, session: Session, keyRing: KeyRing) {
    this.#place = placeOf(invocation.world);
    this.session = session;
    this.#keyRing = keyRing;
  }

  /** @throws Failure as Session.open, USAGE for flags about passphrases; what `work` throws */
  static async open<T>(invocation: Invocation, work: (desk: Desk) => Promise<T>): Promise<T> {
    const session = await Session.open(invocation);
    try {
      const { trustDir } = session.places;
      const keyRing = new KeyRing(invocation.world, trustDir, askingBy(invocation));
      try {
        return await work(new Desk(invocation, session, keyRing));
      } finally {
        await keyRing.close();
      }
    } finally {
      session.close();
    }
  }

  get reporter(): Reporter {
    return this.session.reporter;
  }

  /**
   * Works on several repositories; one that fails does not keep the others from it. `work` gives what `--output json` says
   * of one.
   */
  async each<T extends { readonly reference: ImageReference }>(
    orders: readonly T[],
    work: (order: T, at: Work) => Promise<object>,
  ): Promise<ExitStatus> {
    const done: object[] = [];
    const statuses: ExitStatus[] = [];
    for (const order of orders) {
      const { reference } = order;
      const status = await this.#attempt(reference, async (at) => {
        done.push(await work(order, at));
      });
      if (status !== exitStatus.done) statuses.push(status);
    }
    if (done.length > 0) this.reporter.result([], { repositories: done });
    return statuses[0] ?? exitStatus.done;
  }

  /** Works on one repository, whose document is the whole result. */
  async one(reference: ImageReference, work: (at: Work) => Promise<object>): Promise<ExitStatus> {
    return this.#attempt(reference, async (at) => {
      this.reporter.result([], await work(at));
    });
  }

  /** Tells the keys of a repository that is new: each with its place; and the one root key, once. */
  tellNewKeys(made: { readonly gun: string; readonly newKeys: readonly RepositoryKey[] }): {
    readonly warnAfterwards: () => void;
  } {
    const { head, warning } = newKeyLines(made, this.#place);
    if (head.length > 0) this.reporter.notice(head, { kind: 'keys-made', keys: newKeysJson(made) });
    return {
      warnAfterwards: () => {
        if (warning.length > 0) this.reporter.notice(warning, { kind: 'one-root-key' });
      },
    };
  }

  async #attempt(
    reference: ImageReference,
    work: (at: Work) => Promise<void>,
  ): Promise<ExitStatus> {
    const made: KeyChosen[] = [];
    const refusals: Failure[] = [];
    let status: ExitStatus = exitStatus.done;
    const refuse = (failure: Failure): void => void refusals.push(failure);
    const decline = (): object => {
      status = exitStatus.failed;
      this.#tellDeclined(reference);
      return { repository: reference.name, outcome: 'declined' };
    };
    const ports = this.#ports(reference, made);
    try {
      await work({ ports, reporter: this.reporter, refuse, decline });
      for (const failure of refusals) this.reporter.failure(failure, reference.name);
      return refusals[0]?.exit ?? status;
    } catch (error) {
      const failure = this.session.atTrustServer(withPassphraseFlags(asFailure(error)));
      this.#tellKept(reference, made);
      this.reporter.failure(failure, reference.name);
      return failure.exit;
    }
  }

  #ports(reference: ImageReference, made: KeyChosen[]): RotationPorts {
    const ports = this.session.consumer(reference, (event) => {
      if (event.kind === 'key-chosen' && event.isNew && isHere(event)) made.push(event);
      // The table of keys tells both.
      return event.kind === 'key-chosen' || isOwnRoot(event);
    });
    return publisherPorts(ports, this.#keyRing.keys);
  }

  #tellDeclined({ name: gun }: ImageReference): void {
    this.reporter.notice([`${gun}: nothing was changed.`], { kind: 'declined', gun });
  }

  #tellKept({ name }: ImageReference, made: readonly KeyChosen[]): void {
    if (made.length === 0) return;
    const keys = made.map(({ role, keyId, location }) => ({ role, id: keyId, location }));
    const lines = keptKeyLines(name, keys, this.#place(this.session.places.trustDir));
    this.reporter.notice(lines, { kind: 'keys-kept', keys });
  }
}

/** Keys that the server has made are no affair of this machine. */
function isHere({ location }: KeyChosen): boolean {
  return !location.startsWith('https:');
}

function isOwnRoot(event: ClientEvent): boolean {
  return event.kind === 'trust-began' && event.reason === 'made-here';
}
