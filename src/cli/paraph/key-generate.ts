// `paraph key generate NAME`: a key pair for a signer. The private half goes, encrypted, into the trust directory; the
// public half into NAME.pub, for whoever owns the repository. Or both go into files, to be carried elsewhere.
//
// Invariants: no file that exists is replaced; that files can be written is found out before a key is made as far as it
// can be, and what was made is told when the rest fails.
import { lstat, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isSignerName } from '../../client/publish/signer-roles.ts';
import { asFailure, exitStatus, Failure } from '../../errors.ts';
import type { KeyEntry } from '../../keys/key-store.ts';
import { makeLooseKey, writePublicKeyFile } from '../../keys/loose-key.ts';
import { keyJson, keyRow } from '../render/key.ts';
import { safe } from '../render/safe-text.ts';
import { proseId } from '../render/short-id.ts';
import { table } from '../render/table.ts';
import type { CommandBody, Invocation } from './command.ts';
import { KeyDesk } from './key-desk.ts';
import { wrongValue } from './usage-failure.ts';

/** Role names, which names of signers become part of, are no longer in notary. */
const maxNameLength = 127;
/** Made for one repository, by what makes or changes that. */
const repositoryRoles: readonly string[] = ['targets', 'snapshot', 'timestamp'];

export const run: CommandBody['run'] = (invocation) => {
  const [name = ''] = invocation.args;
  requireName(name, invocation);
  return KeyDesk.open(invocation, async (desk) => {
    const pair = invocation.flags.text('pair');
    if (pair === undefined) await generate(name, desk, invocation);
    else await generatePair(name, pair, desk, invocation);
    return exitStatus.done;
  });
};

function requireName(name: string, { name: command, flags }: Invocation): void {
  if (flags.text('pair') !== undefined && flags.text('public-file') !== undefined) {
    throw wrongValue('--pair and --public-file do not go together', {
      command,
      hints: ['With --pair BASE the public half goes into BASE.pem.'],
    });
  }
  if (repositoryRoles.includes(name)) {
    throw wrongValue(`a ${name} key is made for one repository`, {
      command,
      hints: [
        'paraph sign makes the keys of a new repository, paraph key rotate replaces those of one that is there.',
      ],
    });
  }
  if ((name === 'root' || isSignerName(name)) && name.length <= maxNameLength) return;
  throw wrongValue(`${JSON.stringify(name.slice(0, 100))} cannot be the name of a key`, {
    command,
    hints: [
      'Use lower case letters, digits, "-" and "_", beginning with a letter or digit: it is the name of the signer; or root.',
    ],
  });
}

async function generate(name: string, desk: KeyDesk, invocation: Invocation): Promise<void> {
  const named = invocation.flags.text('public-file');
  // Nobody adds a root key to a repository as a signer.
  const file = named ?? (name === 'root' ? undefined : `${name}.pub`);
  const path = file === undefined ? undefined : resolve(invocation.world.workingDir, file);
  if (path !== undefined) await requireWritable(path, desk, invocation.name);
  const { key } = await desk.keys.generate(name);
  const entry = (await desk.keys.list()).find(({ id }) => id === key.canonicalId) ?? {
    id: key.canonicalId,
    role: name,
    gun: undefined,
    location: desk.trustDir,
  };
  if (path !== undefined) {
    await writePublicKeyFile(path, key, name).catch((error: unknown) => {
      throw withMadeKey(asFailure(error), entry);
    });
  }
  const rows = [
    keyRow('made', entry, desk.place),
    ...(path === undefined ? [] : [['public', safe(name), '', desk.place(path)]]),
  ];
  desk.reporter.result(table([{}, {}, {}, {}], rows), {
    key: keyJson(entry),
    publicFile: path ?? null,
  });
  if (path !== undefined) tellNext(name, desk.place(path), desk);
}

async function generatePair(
  name: string,
  base: string,
  desk: KeyDesk,
  { world }: Invocation,
): Promise<void> {
  const basePath = resolve(world.workingDir, base);
  const key = await makeLooseKey({ basePath, role: name }, desk.passphrases);
  const id = key.canonicalId;
  const files = { private: `${basePath}-key.pem`, public: `${basePath}.pem` };
  const rows = [
    ['made', safe(name), proseId(id), `encrypted in ${desk.place(files.private)}`],
    ['public', safe(name), '', desk.place(files.public)],
  ];
  desk.reporter.result(table([{}, {}, {}, {}], rows), {
    key: { id, role: name, repository: null, location: files.private },
    publicFile: files.public,
  });
}

/** What the owner of a repository does with the public half. */
function tellNext(name: string, file: string, { reporter }: KeyDesk): void {
  reporter.notice(
    [
      'Give the public file to whoever owns the repository. It is added there with:',
      `  paraph signer add ${name} IMAGE --key ${file}`,
    ],
    { kind: 'add-signer', name },
  );
}

/** Found out before a passphrase is asked for. @throws Failure USAGE, DISK */
async function requireWritable(path: string, { place }: KeyDesk, command: string): Promise<void> {
  const directory = dirname(path);
  const isDirectory = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) throw wrongValue(`there is no directory ${place(directory)}`, { command });
  const isTaken = await lstat(path).then(
    () => true,
    () => false,
  );
  if (!isTaken) return;
  throw new Failure('DISK', `${place(path)} is there already`, {
    meaning: 'It may hold the public half of a key that is in use. Nothing was made.',
    remedy: 'Name another file with --public-file FILE, or move this one away.',
  });
}

function withMadeKey(failure: Failure, { id, location }: KeyEntry): Failure {
  return failure.with({
    facts: { ...failure.facts, key: id, 'private half': location },
    meaning:
      'The key was made, and its private half is stored; only the public half was not written.',
    remedy: `Write it out with:\n  paraph key export --public ${proseId(id)} --file FILE`,
  });
}
