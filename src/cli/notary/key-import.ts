// `notary key import FILE…`: takes private keys over, all of a file or none (client store §2.6).

import { readArgumentFile } from '../argument-file.ts';
import type { NotaryBody } from './command.ts';
import { withKeys } from './publisher.ts';
import { inSession } from './session.ts';
import { usageFirst } from './usage-first.ts';

export const run: NotaryBody['run'] = async (call) => {
  if (call.args.length === 0) {
    throw usageFirst(call, 'must specify at least one input file to import keys from');
  }
  const role = call.flags.text('role');
  const gun = call.flags.text('gun');
  // As notary does, which asks nothing here: scripts take a back-up in without its passphrases.
  const keepsEncrypted = true;
  const defaults = {
    keepsEncrypted,
    ...(role === '' ? {} : { role }),
    ...(gun === '' ? {} : { gun }),
  };
  await inSession(call, async (session) => {
    await withKeys(session, call, async (keys) => {
      for (const file of call.args) {
        const bytes = await readArgumentFile(file, call.world);
        await keys.importKeys(bytes.toString('latin1'), defaults);
      }
    });
  });
};
