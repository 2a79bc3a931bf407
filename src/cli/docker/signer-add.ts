// `docker trust signer add --key FILE NAME REPOSITORY…`: a delegation for the signer and the keys in `targets/releases`. A
// repository that is not there is made. What fails for one repository does not keep the others from it (docker trust §6).
import { addSigner } from '../../client/publish/signers.ts';
import { asFailure, Failure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { safe } from '../render/safe-text.ts';
import type { DockerBody, DockerCall } from './command.ts';
import { eachRepository } from './each-repository.ts';
import { requireName } from './key-names.ts';
import { readReference } from './reference.ts';
import { findRepository } from './repository-state.ts';
import { type DockerSession, withSession } from './session.ts';
import { readSignerKeys } from './signer-keys.ts';
import { plainError } from './words.ts';

export const run: DockerBody['run'] = async (call) => {
  const [name = '', ...repositories] = call.args;
  requireName(name, 'signer');
  if (name === 'releases') {
    throw new Failure(
      'ROLE_INVALID',
      'releases is a reserved keyword, use a different signer name',
      { remedy: '' },
    );
  }
  const paths = call.flags.words('key');
  if (paths.length === 0) {
    throw new Failure('USAGE', 'path to a public key must be provided using the `--key` flag', {
      remedy: '',
    });
  }
  const keys = await readSignerKeys(paths, call.world);
  return withSession(call, (session) =>
    eachRepository(repositories, call.world, {
      before: (repository) => `Adding signer "${name}" to ${repository}...`,
      work: (repository) => add({ name, keys, repository }, session, call),
      failed: 'failed to add signer to',
    }),
  );
};

interface Addition {
  readonly name: string;
  readonly keys: readonly PublicKey[];
  readonly repository: string;
}

async function add(
  { name, keys, repository }: Addition,
  session: DockerSession,
  { world }: DockerCall,
): Promise<void> {
  const say = (line: string): unknown => world.stdout.write(`${line}\n`);
  const reference = readReference(repository);
  const gun = reference.name;
  const ports = session.publisher(reference);
  const isNew = (await findRepository(gun, ports, session)) === undefined;
  const shown = safe(repository);
  if (isNew) say(`Initializing signed repository for ${shown}...`);
  try {
    const { newKeys } = await addSigner({ gun, name, keys }, ports);
    if (newKeys.length > 0) say(`Successfully initialized "${shown}"`);
  } catch (error) {
    throw plainError(asFailure(error));
  }
  say(`Successfully added signer: ${name} to ${shown}\n`);
}
