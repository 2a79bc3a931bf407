// Finding tags through delegations (notary dialect §9): breadth first from `targets`, each child bound to
// paths that its parent was allowed, each role visited once. Works on verified files alone.

import { Failure } from '../errors.ts';
import type { TargetsRole } from './role.ts';
import type { Target } from './target-table.ts';
import type { Delegation, TargetsFile } from './targets.ts';

/** The verified file of a role, or undefined when it is not loaded. */
export type TargetsSource = (role: TargetsRole) => TargetsFile | undefined;

export interface Visit {
  readonly role: TargetsRole;
  readonly file: TargetsFile;
  /** Prefixes of tags for which this role counts; the empty string is every tag. */
  readonly paths: readonly string[];
}

export interface FoundTarget {
  readonly role: TargetsRole;
  readonly target: Target;
}

/** Roles of one repository that are visited or loaded; no honest repository comes near. */
export const maxRoles = 4096;

/**
 * Every loaded role, breadth first from `targets`, with the paths for which it counts.
 * @throws Failure METADATA_INVALID beyond maxRoles
 */
export function* walkRoles(source: TargetsSource): Generator<Visit> {
  const queue: { readonly role: TargetsRole; readonly paths: readonly string[] }[] = [
    { role: 'targets', paths: [''] },
  ];
  const seen = new Set<TargetsRole>(['targets']);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const file = source(next.role);
    if (file === undefined) continue;
    yield { role: next.role, file, paths: next.paths };
    for (const child of file.signed.delegations.roles) {
      if (seen.has(child.name)) continue;
      if (seen.size >= maxRoles) {
        throw new Failure('METADATA_INVALID', `there are more than ${maxRoles} delegations`);
      }
      seen.add(child.name);
      queue.push({ role: child.name, paths: restrictedPaths(child, next.paths) });
    }
  }
}

/** Roles that list `name` and may, in order of the walk. */
export function* findAll(source: TargetsSource, name: string): Generator<FoundTarget> {
  for (const { role, file, paths } of walkRoles(source)) {
    if (!isAllowed(name, paths)) continue;
    const target = file.signed.targets.get(name);
    if (target !== undefined) yield { role, target };
  }
}

/** True when a role bound to `paths` may sign `name`. */
export function isAllowed(name: string, paths: readonly string[]): boolean {
  return paths.some((prefix) => name.startsWith(prefix));
}

function restrictedPaths(child: Delegation, allowed: readonly string[]): readonly string[] {
  return child.paths.filter((path) => isAllowed(path, allowed));
}
