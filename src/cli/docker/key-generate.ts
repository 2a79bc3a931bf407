// `docker trust key generate NAME [--dir DIR]`: a key pair of a signer. The private half goes, encrypted, into the trust
// directory, the public half into NAME.pub, to be given to whoever owns the repository (docker trust §6).
import { lstat, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { asFailure, exitStatus, Failure } from '../../errors.ts';
import { writePublicKeyFile } from '../../keys/loose-key.ts';
import { safe } from '../render/safe-text.ts';
import type { DockerBody } from './command.ts';
import { requireName } from './key-names.ts';
import { withSession } from './session.ts';
import { prefixed } from './words.ts';

export const run: DockerBody['run'] = async (call) => {
  const { args, flags, world } = call;
  const [name = ''] = args;
  requireName(name, 'key');
  const dir = flags.text('dir');
  await requireDirectory(dir, resolve(world.workingDir, dir));
  // docker shows the path as it was given, or in full.
  const shown = join(dir === '' ? world.workingDir : dir, `${name}.pub`);
  const path = resolve(world.workingDir, shown);
  await requireFree(shown, path);
  return withSession(call, async ({ keys }) => {
    world.stdout.write(`Generating key for ${name}...\n`);
    try {
      const { key } = await keys.generate(name);
      await writePublicKeyFile(path, key, name);
    } catch (error) {
      throw prefixed(`failed to generate key for ${name}: `, asFailure(error));
    }
    world.stdout.write(
      `Successfully generated and loaded private key. Corresponding public key available: ${safe(shown)}\n`,
    );
    return exitStatus.done;
  });
};

async function requireDirectory(shown: string, path: string): Promise<void> {
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isDirectory) return;
  throw new Failure('USAGE', `public key path does not exist: "${shown}"`, { remedy: '' });
}

/** Found out before a key is made. */
async function requireFree(shown: string, path: string): Promise<void> {
  const isFree = await lstat(path).then(
    () => false,
    () => true,
  );
  if (isFree) return;
  throw new Failure('USAGE', `public key file already exists: "${shown}"`, { remedy: '' });
}
