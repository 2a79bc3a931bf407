// `notary key generate`: a new key, in the trust directory or, with -o, in two files for somebody else to take.
import { resolve } from 'node:path';
import { Failure } from '../../errors.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { withKeys } from './publisher.ts';
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
    await withKeys(session, call, async (keys) => {
      if (output !== '') {
        await writeLooseKey(resolve(call.world.workingDir, output), role);
        return;
      }
      const { key } = await keys.generate(role);
      session.console.print(
        `Generated new ${algorithm} ${safe(role)} key with keyID: ${key.canonicalId}`,
      );
    });
  });
};

function writeLooseKey(_base: string, _role: string): Promise<void> {
  return Promise.reject(new Failure('INTERNAL', 'not yet'));
}
