// What a request asks for, from its method and target, remembered for the targets that are read again and again.
// The memory is bounded and holds nothing that depends on who asks.

import { readRequestPath } from './request-path.ts';
import { type Match, matchRoute } from './routes.ts';

export type Resolution =
  | {
      readonly kind: 'match';
      readonly match: Match;
      readonly query: string;
      /** The repository lies outside the configured prefixes, or has a name that cannot be stored. */
      readonly isForeign: boolean;
    }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'no-such-method' };

const maxRemembered = 8192;
const maxRememberedLength = 512;

/** Longest repository name: the column of the Go programs. */
const maxGunLength = 255;

export class RouteCache {
  readonly #prefixes: readonly string[];
  readonly #reads = new Map<string, Resolution>();

  constructor(gunPrefixes: readonly string[]) {
    this.#prefixes = gunPrefixes;
  }

  resolve(method: string, target: string): Resolution {
    if (method !== 'GET') return this.#resolve(method, target);
    const known = this.#reads.get(target);
    if (known !== undefined) return known;
    const resolution = this.#resolve(method, target);
    if (resolution.kind === 'match' && target.length <= maxRememberedLength) {
      if (this.#reads.size >= maxRemembered) this.#reads.clear();
      this.#reads.set(target, resolution);
    }
    return resolution;
  }

  #resolve(method: string, target: string): Resolution {
    const path = readRequestPath(target);
    if (path.kind !== 'path') return path;
    const match = matchRoute(method, path.path);
    if (match === undefined) return { kind: 'no-such-method' };
    return { kind: 'match', match, query: path.query, isForeign: this.#isForeign(match) };
  }

  #isForeign({ route, gun }: Match): boolean {
    if (route.foreignGun === undefined) return false;
    if (!isStorableGun(gun)) return true;
    return this.#prefixes.length > 0 && !this.#prefixes.some((prefix) => gun.startsWith(prefix));
  }
}

function isStorableGun(gun: string): boolean {
  return gun.length <= maxGunLength && !gun.includes('\0') && gun.isWellFormed();
}
