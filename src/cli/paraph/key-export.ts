// `paraph key export [ID…]`: private keys as they are stored, still encrypted, to stdout or into a file of its own; or the
// public half of one key, for somebody who is to trust it (client store §2.6).
import { resolve } from 'node:path';
import { exitStatus, Failure } from '../../errors.ts';
import { createKeyFile } from '../../keys/key-file.ts';
import type { ExportFilter, KeyEntry } from '../../keys/key-store.ts';
import { publicKeyPem } from '../../keys/public-key-file.ts';
import { keyJson, keyWords } from '../render/key.ts';
import { table } from '../render/table.ts';
import type { CommandBody, Invocation } from './command.ts';
import { KeyDesk } from './key-desk.ts';
import { keyNamed, requireKeyId } from './named-key.ts';
import { repositoryNamed } from './repository-argument.ts';
import { wrongValue } from './usage-failure.ts';

export const run: CommandBody['run'] = (invocation) => {
  const choice = choiceOf(invocation);
  return KeyDesk.open(invocation, async (desk) => {
    const keys = chosenKeys(choice, await desk.keys.list(), desk, invocation);
    const pem = choice.isPublic
      ? await publicHalf(keys, desk)
      : await desk.keys.exportKeys(filterOf(choice, keys));
    await hand(pem, keys, desk, invocation);
    return exitStatus.done;
  });
};

interface Choice {
  readonly ids: readonly string[];
  readonly repositories: readonly string[];
  readonly isPublic: boolean;
}

/** @throws Failure USAGE, REFERENCE_INVALID */
function choiceOf({ name: command, args, flags }: Invocation): Choice {
  const repositories = flags
    .texts('repository')
    .map((repository) => repositoryNamed(repository, command).name);
  const isPublic = flags.isOn('public');
  if (args.length > 0 && repositories.length > 0) {
    throw wrongValue('name keys by their IDs or by their repository, not by both', { command });
  }
  if (isPublic && args.length !== 1) {
    throw wrongValue('--public takes one key, by its ID', {
      command,
      hints: ['paraph key list shows the keys on this machine.'],
    });
  }
  return { ids: args.map((id) => requireKeyId(id, command)), repositories, isPublic };
}

/** @throws Failure KEY_NOT_FOUND for an ID or a repository without a key, and when there is none at all */
function chosenKeys(
  { ids, repositories }: Choice,
  keys: readonly KeyEntry[],
  { place, trustDir }: KeyDesk,
  { name: command }: Invocation,
): readonly KeyEntry[] {
  if (ids.length > 0) {
    const named = ids.map((id) => keyNamed(id, keys, command));
    return [...new Set(named)];
  }
  for (const repository of repositories) {
    if (keys.some(({ gun }) => gun === repository)) continue;
    throw new Failure('KEY_NOT_FOUND', `there is no key of ${repository} here`, {
      remedy: 'Nothing was exported. paraph key list shows the keys on this machine.',
    });
  }
  const chosen = keys.filter(
    ({ gun }) => repositories.length === 0 || (gun !== undefined && repositories.includes(gun)),
  );
  if (chosen.length > 0) return chosen;
  throw new Failure('KEY_NOT_FOUND', `there is no key in ${place(trustDir)}`, {
    remedy: 'Name the directory of the keys with --trust-dir DIR.',
  });
}

/** As it was asked: what is asked for as a whole fails when a file of it cannot be read. */
function filterOf({ ids, repositories }: Choice, keys: readonly KeyEntry[]): ExportFilter {
  if (ids.length > 0) return { ids: keys.map(({ id }) => id) };
  return repositories.length > 0 ? { guns: repositories } : {};
}

/** The metadata of repositories lists the bare key, which is what stands here. */
async function publicHalf([entry]: readonly KeyEntry[], { keys }: KeyDesk): Promise<string> {
  if (entry === undefined) return '';
  const { key } = await keys.open(entry.id);
  return publicKeyPem(key, new Map([['role', entry.role]]));
}

async function hand(
  pem: string,
  keys: readonly KeyEntry[],
  { reporter, place }: KeyDesk,
  { flags, world }: Invocation,
): Promise<void> {
  const file = flags.text('file');
  const listed = { keys: keys.map(keyJson), public: flags.isOn('public') };
  if (file === undefined) {
    reporter.result(pem.trimEnd().split('\n'), { ...listed, pem });
    return;
  }
  const path = resolve(world.workingDir, file);
  if (!(await createKeyFile(path, pem))) {
    throw new Failure('DISK', `${place(path)} is there already`, {
      meaning: 'It may be a back-up that is needed. Nothing was written.',
      remedy: 'Name another file, or move this one away.',
    });
  }
  const rows = keys.map((key) => ['written', keyWords(key), place(path)]);
  reporter.result(table([{}, {}, {}], rows), { ...listed, file: path });
}
