// The first signing of a repository makes a signer named after the login of the registry, with a key of that name
// (docker trust §6).
import type { PublisherPorts } from '../../client/ports.ts';
import { isSignerName } from '../../client/publish/signer-roles.ts';
import { addSigner } from '../../client/publish/signers.ts';
import { asFailure, Failure } from '../../errors.ts';
import type { KeyStore } from '../../keys/key-store.ts';
import type { ImageReference } from '../../remote/registry.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { DockerSession } from './session.ts';
import { notaryError } from './words.ts';

/**
 * The name of the login for the registry of an image.
 * @throws Failure ROLE_INVALID, as docker puts it, when there is none that can be a signer's
 */
export async function signerName(
  reference: ImageReference,
  session: DockerSession,
): Promise<string> {
  const login = await session.login(reference);
  const name = login?.kind === 'password' ? login.username : '';
  if (isSignerName(name) && name !== 'releases') return name;
  const role = name === '' ? 'targets' : `targets/${name}`;
  const message = `could not add signer to repo: ${name === '' ? 'targets' : name}: tuf: invalid role ${role}. invalid delegation role name`;
  const why =
    name === ''
      ? `There is no login with a user name for ${reference.domain}, after whom the first signer is named.`
      : `The login for ${reference.domain} cannot be the name of a signer: lower case letters, digits, - and _, and none of a role.`;
  throw new Failure('ROLE_INVALID', message, {
    meaning: why,
    remedy: `${why}\nRun docker login ${reference.domain}, or: docker trust signer add --key FILE NAME ${reference.name}`,
  });
}

/** Makes the repository with that signer. @throws Failure in docker's words */
export async function createSigner(
  name: string,
  gun: string,
  ports: PublisherPorts,
): Promise<void> {
  try {
    await addSigner({ gun, name, keys: [await signerKey(name, ports.keys)] }, ports);
  } catch (error) {
    throw notaryError(asFailure(error), gun);
  }
}

/** The key of that name which is here, else a new one. */
async function signerKey(name: string, keys: KeyStore): Promise<PublicKey> {
  const known = (await keys.list()).find(({ role }) => role === name);
  const signer = known === undefined ? await keys.generate(name) : await keys.open(known.id);
  return signer.key;
}
