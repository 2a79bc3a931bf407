// `notary key list`: the private keys of the trust directory (notary CLI §3).
import { join } from 'node:path';
import { KeyFileStore } from '../../keys/file-store.ts';
import type { KeyEntry } from '../../keys/key-store.ts';
import { noPassphrases } from '../no-passphrases.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { inSession } from './session.ts';
import { cutLeft, notaryTable } from './table.ts';
import { usageFirst } from './usage-first.ts';

/** Longer names and places are cut. */
const maxGunChars = 25;
const maxLocationChars = 40;

export const run: NotaryBody['run'] = async (call) => {
  if (call.args.length > 0) throw usageFirst(call, '');
  await inSession(call, async ({ console, config }) => {
    const keys = await new KeyFileStore(config.trustDir, noPassphrases).list();
    const lines =
      keys.length === 0
        ? ['No signing keys found.']
        : tableOf(keys.toSorted(rootsFirst), join(config.trustDir, 'private'));
    console.print(['', ...lines, ''].join('\n'));
  });
};

function tableOf(keys: readonly KeyEntry[], location: string): readonly string[] {
  return notaryTable(
    ['ROLE', 'GUN', 'KEY ID', 'LOCATION'],
    keys.map(({ role, gun = '', id }) => [
      safe(role),
      safe(cutLeft(gun, maxGunChars)),
      id,
      safe(cutLeft(location, maxLocationChars)),
    ]),
  );
}

/** Root keys, then by repository, role and id. */
function rootsFirst(a: KeyEntry, b: KeyEntry): number {
  const isRoot = ({ role }: KeyEntry): number => Number(role === 'root');
  return isRoot(b) - isRoot(a) || compare([a.gun ?? '', a.role, a.id], [b.gun ?? '', b.role, b.id]);
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index] ?? '';
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
