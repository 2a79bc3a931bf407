// A private key of this machine, as a row and as data. Role and repository come from its file, which others may have
// written.
import { dirname } from 'node:path';
import type { KeyEntry } from '../../keys/key-store.ts';
import { safe } from './safe-text.ts';
import { proseId } from './short-id.ts';

/** `targets 7a3d54e of registry.example.com/team/app`. Fit to be shown. */
export function keyWords({ role, id, gun }: Pick<KeyEntry, 'role' | 'id' | 'gun'>): string {
  const words = `${safe(role) || 'unknown'} ${proseId(id)}`;
  return gun === undefined ? words : `${words} of ${safe(gun)}`;
}

/** Cells: what became of it, role, ID, where or whose it is. */
export function keyRow(
  verb: string,
  key: KeyEntry,
  place: (path: string) => string,
): readonly string[] {
  const where = place(dirname(key.location));
  const owner = key.gun === undefined ? '' : `, for ${safe(key.gun)}`;
  return [verb, safe(key.role) || 'unknown', proseId(key.id), `encrypted in ${where}${owner}`];
}

export function keyJson({ id, role, gun, location }: KeyEntry): object {
  return { id, role, repository: gun ?? null, location };
}
