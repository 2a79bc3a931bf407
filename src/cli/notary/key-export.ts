// `notary key export`: private keys as they are stored, still encrypted, to stdout or a file (client store §2.6).
import { Failure } from '../../errors.ts';
import { KeyFileStore } from '../../keys/file-store.ts';
import { noPassphrases } from '../no-passphrases.ts';
import type { NotaryBody } from './command.ts';
import { writeOutputFile } from './output-file.ts';
import { inSession } from './session.ts';
import { usageFirst } from './usage-first.ts';

export const run: NotaryBody['run'] = async (call) => {
  if (call.args.length > 0) {
    throw usageFirst(call, 'export does not take any positional arguments');
  }
  const guns = call.flags.list('gun');
  const ids = call.flags.list('key');
  const output = call.flags.text('output');
  await inSession(call, async ({ config, console }) => {
    if (guns.length > 0 && ids.length > 0) {
      const words = 'Only the --gun or --key flag may be provided, not a mix of the two flags';
      throw new Failure('USAGE', words);
    }
    const keys = new KeyFileStore(config.trustDir, noPassphrases);
    const pem = await keys.exportKeys({
      ...(guns.length > 0 ? { guns } : {}),
      ...(ids.length > 0 ? { ids } : {}),
    });
    if (output === '') console.write(pem);
    else await writeOutputFile(output, pem, call.world);
  });
};
