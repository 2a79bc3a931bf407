// `docker trust signer remove [-f] NAME REPOSITORY…`: the keys of the signer leave `targets/releases`, and the delegation
// goes. docker 26 to 28 do nothing and exit 0 unless their question is asked and answered with y; ours removes
// (docs/reference/differences.md).

import type { PublisherPorts } from '../../client/ports.ts';
import { removeSigner, signerSituation } from '../../client/publish/signers.ts';
import { asFailure, Failure } from '../../errors.ts';
import { safe } from '../render/safe-text.ts';
import type { DockerBody, DockerCall } from './command.ts';
import { confirms } from './confirm.ts';
import { eachRepository } from './each-repository.ts';
import { readReference } from './reference.ts';
import { type DockerSession, withSession } from './session.ts';
import { plainError, prefixed } from './words.ts';

export const run: DockerBody['run'] = (call) => {
  const [name = '', ...repositories] = call.args;
  return withSession(call, (session) =>
    eachRepository(repositories, call.world, {
      before: (repository) => `Removing signer "${safe(name)}" from ${repository}...`,
      work: (repository) => remove(name, repository, session, call),
      failed: 'error removing signer from',
    }),
  );
};

async function remove(
  name: string,
  repository: string,
  session: DockerSession,
  { world, flags }: DockerCall,
): Promise<void> {
  const reference = readReference(repository);
  const gun = reference.name;
  if (name === 'releases') {
    throw new Failure('ROLE_INVALID', 'releases is a reserved keyword and cannot be removed', {
      remedy: '',
    });
  }
  const ports = session.publisher(reference);
  const shown = safe(repository);
  const isLast = await isLastSigner(name, { gun, repository }, ports, session);
  if (isLast && !flags.isOn('force')) {
    const question =
      `The signer "${name}" signed the last released version of ${shown}. Removing this signer will make ${shown} unpullable. ` +
      'Are you sure you want to continue?';
    if (!(await confirms(question, world))) {
      world.stdout.write('\nAborting action.\n');
      return;
    }
  }
  try {
    const { releases } = await removeSigner({ gun, name }, ports);
    if (releases === 'unsigned') {
      session.log.warn(
        `targets/releases is not signed by any signer who is left; notary witness ${gun} targets/releases --publish signs it`,
      );
    }
  } catch (error) {
    throw plainError(asFailure(error));
  }
  world.stdout.write(`Successfully removed ${name} from ${shown}\n\n`);
}

/** @throws Failure for a name that is no signer of the repository, in docker's words */
async function isLastSigner(
  name: string,
  { gun, repository }: { readonly gun: string; readonly repository: string },
  ports: PublisherPorts,
  session: DockerSession,
): Promise<boolean> {
  const unknown = `no signer ${name} for repository ${repository}`;
  try {
    const situation = await signerSituation(gun, name, ports);
    if (situation.isKnown) return situation.isLast;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'ROLE_INVALID') {
      throw new Failure('ROLE_INVALID', unknown, { cause: failure, remedy: '' });
    }
    const told = session.atTrustServer(plainError(failure));
    throw prefixed(`error retrieving signers for ${repository}: `, told);
  }
  throw new Failure('ROLE_INVALID', unknown, { remedy: '' });
}
