// From what is trusted to a trusted set at the newest root: the cached root and the signed steps from it, else a
// pin, else first sight. Pins hold for every root that is used, so that pinned ids must be changed before the
// publisher rotates.
import { type Failure, isFailure } from '../../errors.ts';
import { parseRoot, type RootFile } from '../../tuf/root.ts';
import { checkRoot } from '../../tuf/root-trust.ts';
import { TrustedSet } from '../../tuf/trusted-set.ts';
import { beginGeneration, type Generation } from '../trustdir/generations.ts';
import { type Answer, answerOf, isOutage, isRefusal, noTrustData } from './answer.ts';
import type { Floors } from './floors.ts';
import { maxRootBytes } from './limits.ts';
import { namingPin, requirePinned } from './pinned-root.ts';
import {
  fetchRootVersion,
  followRoots,
  followRootsTo,
  lookAtOfferedRoot,
  type RootServer,
} from './root-chain.ts';
import { otherThanMade, rootChanged } from './root-changed.ts';
import { rootFacts } from './root-facts.ts';
import type { Situation } from './situation.ts';

export class RootFinder {
  readonly #at: Situation;
  readonly #floors: Floors;
  readonly #roots: RootServer;
  #begun: Generation | undefined;
  /** Why the server could not be asked for a newer root. */
  #problem: Failure | undefined;

  constructor(at: Situation, floors: Floors) {
    const { gun, ports, directory, nowMs } = at;
    this.#at = at;
    this.#floors = floors;
    this.#begun = at.anchor?.generation;
    this.#roots = {
      gun,
      server: ports.server,
      describeTrusted: (root) => ({
        gun,
        root,
        generation: this.generationOf(root),
        path: directory.path,
        nowMs,
      }),
    };
  }

  /** Asks for the root that would come next; at first contact, for the root. */
  ask(): Promise<Answer> {
    const { gun, ports, anchor } = this.#at;
    return answerOf(
      anchor === undefined
        ? ports.server.fetch(gun, { role: 'root' }, maxRootBytes)
        : fetchRootVersion(this.#roots, anchor.root.signed.version + 1),
    );
  }

  /** A trusted set at the newest root that `answer` leads to. */
  async trust(answer: Answer): Promise<TrustedSet> {
    const { gun, ports, anchor } = this.#at;
    if (answer.kind === 'failed') {
      if (anchor === undefined || !isOutage(answer.failure)) throw answer.failure;
      this.#problem = answer.failure; // whether there is a newer root, the snapshot will say
    }
    if (anchor === undefined) {
      if (answer.kind !== 'bytes') throw noTrustData(gun, ports.server.url);
      this.#requireMadeHere(answer.bytes);
      const set = this.#begin(answer.bytes, false);
      this.#begun = this.generationOf(set.root);
      return set;
    }
    const set = this.#begin(anchor.root.bytes, true);
    if (answer.kind === 'bytes') await followRoots(this.#roots, set, answer.bytes);
    requirePinned(set.root, this.#at);
    return set;
  }

  /**
   * After `failure` below the root of `set`: perhaps the root moved on while we asked, or is offered by name alone;
   * then a set at that root comes back. Perhaps it is another root; then that is said.
   * @throws Failure ROOT_CHANGED, or else `failure`
   */
  async catchUp(set: TrustedSet, failure: unknown): Promise<TrustedSet> {
    if (!isFailure(failure) || !isRefusal(failure)) throw failure;
    const { nowMs } = this.#at;
    const offered = await lookAtOfferedRoot(this.#roots, set.root, nowMs).catch(() => undefined);
    if (offered === undefined && this.#problem !== undefined) throw this.#problem;
    if (offered?.kind === 'other') {
      throw rootChanged(this.#roots.describeTrusted(set.root), offered.file, failure);
    }
    if (offered?.kind !== 'newer') throw failure;
    const next = this.#begin(set.root.bytes, true);
    await followRootsTo(this.#roots, next, offered);
    requirePinned(next.root, this.#at);
    return next;
  }

  /** A set at the root of `set`, with nothing below it yet. */
  restart(set: TrustedSet): TrustedSet {
    return this.#begin(set.root.bytes, true);
  }

  /** The generation that is trusted; at first contact the one that begins with `root`. */
  generationOf(root: RootFile): Generation {
    if (this.#begun !== undefined) return this.#begun;
    const { gun, pin, pendingRoot, nowMs } = this.#at;
    const isOurs = pendingRoot?.equals(root.bytes) === true;
    const reason = isOurs ? 'made-here' : (pin?.reason ?? 'first-use');
    return beginGeneration(rootFacts(root, gun, nowMs), reason, nowMs);
  }

  /**
   * A root that was made here, and may have been uploaded, leaves no room for another one: at first contact the
   * server offers that root, or what follows it, or what a pin admits.
   */
  #requireMadeHere(offered: Buffer): void {
    const { gun, nowMs, directory, pendingRoot, pin } = this.#at;
    if (pendingRoot === undefined || pin !== undefined || pendingRoot.equals(offered)) return;
    const made = parseRoot(pendingRoot);
    const file = parseRoot(offered);
    try {
      const previous = made.signed;
      checkRoot(file, { gun, nowMs, previous, certificateExpiry: 'reported' });
    } catch (cause) {
      if (!isFailure(cause)) throw cause;
      const path = directory.pendingRootPath;
      throw otherThanMade({ gun, made, offered: file, path, nowMs }, cause);
    }
  }

  #begin(root: Buffer, isKnownRoot: boolean): TrustedSet {
    const { gun, nowMs, pin, options } = this.#at;
    return namingPin(pin, () =>
      TrustedSet.begin(root, {
        gun,
        nowMs,
        isKnownRoot,
        pin: isKnownRoot ? undefined : pin?.pin,
        expired: options.expired,
        floors: this.#floors.map,
        listedBefore: this.#floors.listedBefore,
      }),
    );
  }
}
