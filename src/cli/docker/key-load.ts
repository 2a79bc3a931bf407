// `docker trust key load [--name NAME] FILE`: takes a private key into the trust directory, encrypted. docker says that
// it has imported an encrypted file, and stores nothing; ours opens it and stores it (docs/reference/differences.md).
import { resolve } from 'node:path';
import { asFailure, exitStatus, Failure } from '../../errors.ts';
import type { KeyImporter } from '../../keys/key-store.ts';
import { readPrivateKeyFile } from '../../keys/private-key-file.ts';
import { safe } from '../render/safe-text.ts';
import type { World } from '../world.ts';
import type { DockerBody } from './command.ts';
import { requireName } from './key-names.ts';
import { withSession } from './session.ts';
import { prefixed } from './words.ts';

export const run: DockerBody['run'] = (call) => {
  const { args, flags, world } = call;
  const [file = ''] = args;
  const name = flags.text('name');
  if (name !== '') requireName(name, 'key');
  return withSession(call, async ({ keys }) => {
    world.stdout.write(`Loading key from "${safe(file)}"...\n`);
    const pem = await readFile(file, world);
    await load({ file, pem, name }, keys, world);
    world.stdout.write(`Successfully imported key from ${safe(file)}\n`);
    return exitStatus.done;
  });
};

async function readFile(file: string, { workingDir }: World): Promise<string> {
  try {
    return await readPrivateKeyFile(resolve(workingDir, file), file);
  } catch (error) {
    throw prefixed(`refusing to load key from ${file}: `, asFailure(error));
  }
}

interface Loading {
  readonly file: string;
  readonly pem: string;
  readonly name: string;
}

async function load(
  { file, pem, name }: Loading,
  keys: KeyImporter,
  { stderr }: World,
): Promise<void> {
  const importing = `error importing key from ${file}: `;
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem)) {
    const problem = `provided file ${file} is not a supported private key - to add a signer's public key use docker trust signer add`;
    throw new Failure('KEY_UNREADABLE', `${importing}${problem}`, { remedy: '' });
  }
  try {
    const imported = await keys.importKeys(pem, {
      keepsEncrypted: true,
      ...(name === '' ? {} : { role: name }),
    });
    for (const { outcome, id, role } of imported) {
      if (outcome === 'present') {
        stderr.write(
          `key ${id.slice(0, 7)} is here already, as ${safe(role)}; its file was kept\n`,
        );
      }
    }
  } catch (error) {
    throw prefixed(importing, asFailure(error));
  }
}
