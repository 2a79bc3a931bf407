// What must be signed in one repository now, whoever asks.
import { expect } from 'vitest';
import type { Person } from '../../peers/person.ts';
import type { Reader, Release, Tags } from './client.ts';
import { digestOf } from './command.ts';

/** Somebody with each client program, who has no keys. */
export type Audience = readonly { readonly reader: Reader; readonly who: Person }[];

interface Signed {
  readonly content: string;
  readonly roles: readonly string[];
}

const releasesRole = 'targets/releases';
/** Roles whose tags a pull accepts. */
const pulled = ['targets', releasesRole];

export class Ledger {
  readonly gun: string;
  readonly #signed = new Map<string, Signed>();
  /** Roles that do not count now, nor do those below them. */
  #void: readonly string[] = [];

  constructor(gun: string) {
    this.gun = gun;
  }

  record(releases: readonly Release[], roles: readonly string[]): void {
    for (const { tag, content } of releases) this.#signed.set(tag, { content, roles });
  }

  strike(tag: string): void {
    this.#signed.delete(tag);
  }

  /** What `roles` signed does not count; with none, everything counts again. */
  setVoid(roles: readonly string[]): void {
    this.#void = roles;
  }

  /** Everybody in `audience` sees what must be signed, and nothing else. */
  async isSeenBy(audience: Audience): Promise<void> {
    for (const { reader, who } of audience) {
      const seen = await reader.tags({ who, gun: this.gun });
      expect(inOrder(seen), `seen with ${reader.name}`).toEqual(inOrder(this.#visibleTo(reader)));
    }
  }

  #visibleTo({ shows }: Reader): Tags {
    const isShown = (role: string): boolean => {
      if (shows === 'every role') return this.#counts(role);
      const isDecided = shows === 'what docker pulls' || this.#counts(releasesRole);
      return isDecided && pulled.includes(role) && this.#counts(role);
    };
    const visible = [...this.#signed].filter(([, { roles }]) => roles.some(isShown));
    return new Map(visible.map(([tag, { content }]) => [tag, digestOf(content)]));
  }

  #counts(role: string): boolean {
    return !this.#void.some((gone) => role === gone || role.startsWith(`${gone}/`));
  }
}

const inOrder = (tags: Tags) => [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1));
