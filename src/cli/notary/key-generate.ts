// `notary key generate`: a new key, in the trust directory or, with -o, in two files for somebody else to take.
import { resolve } from 'node:path';
import { Failure } from '../../errors.ts';
import { makeLooseKey } from '../../keys/loose-key.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { withPrefix } from './prefix.ts';
import { withKeyRing, withKeys } from './publisher.ts';
import { inSession } from './session.ts';
import { usageFirst } from './usage-first.ts';

/** The one algorithm that notary makes. */
const algorithm = 'ecdsa';

export const run: NotaryBody['run'] = async (call) => {
  const [named = algorithm, ...rest] = call.args;
  if (rest.length > 0) {
    throw usageFirst(
      call,
      'Please provide only one Algorithm as an argument to generate (rsa, ecdsa)',
    );
  }
  if (named.toLowerCase() !== algorithm) {
    throw new Failure('USAGE', 'Algorithm not allowed, possible values are: ECDSA');
  }
  const role = call.flags.text('role');
  const output = call.flags.text('output');
  await inSession(call, async (session) => {
    if (output !== '') {
      const basePath = resolve(call.world.workingDir, output);
      // As in notary, the question names no role, so that a variable for delegation keys answers it.
      const request = { basePath, role, askedRole: '' };
      await withKeyRing(session, call, (ring) => makeLooseKey(request, ring.passphrases));
      return;
    }
    const signer = await withPrefix(`Failed to create a new ${role} key: `, () =>
      withKeys(session, call, (keys) => keys.generate(role)),
    );
    const { canonicalId } = signer.key;
    session.console.print(
      `Generated new ${algorithm} ${safe(role)} key with keyID: ${canonicalId}`,
    );
  });
};
