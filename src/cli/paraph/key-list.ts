// `paraph key list`: the private keys of a trust directory, by what their files say. Nothing is decrypted.
import { dirname } from 'node:path';
import { exitStatus } from '../../errors.ts';
import { KeyFileStore } from '../../keys/file-store.ts';
import type { UnusableFile } from '../../keys/key-layout.ts';
import type { KeyEntry } from '../../keys/key-store.ts';
import { noPassphrases } from '../no-passphrases.ts';
import { placesOf, shownPlaceOf } from '../places.ts';
import { safe } from '../render/safe-text.ts';
import { tableId } from '../render/short-id.ts';
import { table } from '../render/table.ts';
import type { CommandBody } from './command.ts';
import { namedPlaces } from './named-places.ts';
import { openReporter } from './open-reporter.ts';

/** The keys that matter most, first. */
const roleOrder: readonly string[] = ['root', 'targets', 'snapshot', 'timestamp'];

export const run: CommandBody['run'] = async (invocation) => {
  const { world, flags } = invocation;
  const reporter = openReporter(invocation);
  const { trustDir } = placesOf(world, namedPlaces(flags));
  const store = new KeyFileStore(trustDir, noPassphrases);
  const keys = [...(await store.list())].sort(byRole);
  const unusable = await store.unusable();
  const place = shownPlaceOf(world);
  for (const file of unusable) reportUnusable(file, place(file.location));
  reporter.result(keys.length === 0 ? [] : keyTable(keys, flags.isOn('no-trunc'), place), {
    keys: keys.map(({ id, role, gun, location }) => ({
      id,
      role,
      repository: gun ?? null,
      location,
    })),
    unusable: unusable.map(({ location, reason }) => ({
      location,
      code: reason.code,
      message: reason.message,
    })),
  });
  if (keys.length === 0) {
    reporter.notice([`There is no key in ${place(trustDir)}.`], { kind: 'no-keys', trustDir });
  }
  return exitStatus.done;

  function reportUnusable({ reason, location }: UnusableFile, shown: string): void {
    reporter.notice([`${shown} is left out: ${safe(reason.message)} [${reason.code}]`], {
      kind: 'unusable-key-file',
      location,
      code: reason.code,
    });
  }
};

function keyTable(
  keys: readonly KeyEntry[],
  isFull: boolean,
  place: (path: string) => string,
): readonly string[] {
  return table(
    [{ title: 'ROLE' }, { title: 'KEY' }, { title: 'REPOSITORY' }, { title: 'WHERE' }],
    keys.map(({ id, role, gun, location }) => [
      safe(role) || 'unknown',
      tableId(id, isFull),
      safe(gun ?? (role === 'root' ? 'every repository of this publisher' : '-')),
      place(dirname(location)),
    ]),
  );
}

function byRole(a: KeyEntry, b: KeyEntry): number {
  const rank = ({ role }: KeyEntry): number => {
    const at = roleOrder.indexOf(role);
    return at < 0 ? roleOrder.length : at;
  };
  return (
    rank(a) - rank(b) ||
    compare(a.role, b.role) ||
    compare(a.gun ?? '', b.gun ?? '') ||
    compare(a.id, b.id)
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
