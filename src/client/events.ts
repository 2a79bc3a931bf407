// What client operations report while they work, as data. Grammars turn events into words; operations never
// print. An event is something a person should know although nothing failed; failures are thrown.
import type { Failure } from '../errors.ts';
import type { RoleName, TargetsRole } from '../tuf/role.ts';
import type { TrustReason } from './trustdir/generations.ts';

export type ClientEvent =
  /** A repository seen for the first time; from now on its root is what later roots must follow. */
  | {
      readonly kind: 'trust-began';
      readonly gun: string;
      readonly reason: TrustReason;
      /** Canonical ids of the root keys. */
      readonly rootKeyIds: readonly string[];
      /** The setting that admitted the root, when it was pinned. */
      readonly rule: string | undefined;
      /** Canonical ids of the root keys that were trusted until the repository was forgotten here, if it was. */
      readonly formerRootKeyIds?: readonly string[];
    }
  /** The root of this repository in the trust directory was put there by another program. */
  | {
      readonly kind: 'trust-found';
      readonly gun: string;
      readonly rootKeyIds: readonly string[];
      /** True when this machine trusted another root before. */
      readonly isReplacement: boolean;
    }
  | {
      readonly kind: 'root-updated';
      readonly gun: string;
      readonly fromVersion: number;
      readonly toVersion: number;
      readonly rootKeyIds: readonly string[];
    }
  /** The server could not say what is newest; the cache was used. */
  | {
      readonly kind: 'cache-used';
      readonly gun: string;
      readonly problem: Failure;
      /** When the cached timestamp was fetched, if that is known: milliseconds since 1970. */
      readonly fetchedMs: number | undefined;
      /** Until when the cached timestamp can be used. */
      readonly expiresMs: number;
    }
  /** A cached file could not be used; it was fetched again or replaced from memory. */
  | { readonly kind: 'cache-repaired'; readonly gun: string; readonly role: RoleName }
  /** The verified result could not be kept for later; it holds all the same. */
  | { readonly kind: 'cache-not-updated'; readonly gun: string; readonly problem: Failure }
  /** A delegation that does not count now: out of date, or not enough valid signatures. */
  | {
      readonly kind: 'delegation-skipped';
      readonly gun: string;
      readonly role: TargetsRole;
      readonly problem: Failure;
    }
  | {
      readonly kind: 'near-expiry';
      readonly gun: string;
      readonly role: RoleName;
      readonly what: 'metadata' | 'certificate';
      readonly expiresMs: number;
    }
  | {
      readonly kind: 'key-chosen';
      readonly gun: string;
      readonly role: RoleName;
      readonly keyId: string;
      /** Where it is: a path, or the trust server for online keys. */
      readonly location: string;
      readonly isNew: boolean;
      /** How many root keys there were to choose from; 1 for other roles. */
      readonly choices: number;
    }
  /** A delegation is left with fewer keys than it needs: nothing that it lists counts until it gets more. */
  | {
      readonly kind: 'role-unusable';
      readonly gun: string;
      readonly role: TargetsRole;
      readonly keys: number;
      readonly threshold: number;
    }
  /** Keys that were to be taken out of every delegation stay in `role`, which cannot be signed here. */
  | {
      readonly kind: 'purge-incomplete';
      readonly gun: string;
      readonly role: TargetsRole;
      /** Canonical. */
      readonly keyIds: readonly string[];
    }
  /** Staged changes that a run published which did not come to its end; they are not staged any more. */
  | { readonly kind: 'staged-changes-found'; readonly gun: string; readonly changes: number }
  /** Someone else published first; the change is applied to the newer state and tried again. */
  | {
      readonly kind: 'publish-retried';
      readonly gun: string;
      readonly attempt: number;
      readonly problem: Failure;
    };

export type EventSink = (event: ClientEvent) => void;
