// `paraph key import FILE…`: takes private keys over, all of a file or none (client store §2.6). A key that is encrypted
// stays as it is, and nothing is asked; one that is not gets a passphrase on the way in.
import { resolve } from 'node:path';
import { asFailure, type ExitStatus, exitStatus, type Failure } from '../../errors.ts';
import type { ImportDefaults, ImportedKey } from '../../keys/key-store.ts';
import { readPrivateKeyFile } from '../../keys/private-key-file.ts';
import { keyJson, keyRow } from '../render/key.ts';
import { table } from '../render/table.ts';
import type { CommandBody, Invocation } from './command.ts';
import { KeyDesk } from './key-desk.ts';
import { withPassphraseFlags } from './passphrase-flags.ts';
import { repositoryNamed } from './repository-argument.ts';

export const run: CommandBody['run'] = (invocation) => {
  const defaults = defaultsOf(invocation);
  return KeyDesk.open(invocation, async (desk) => {
    const imported: object[] = [];
    let status: ExitStatus = exitStatus.done;
    for (const file of invocation.args) {
      try {
        const path = resolve(invocation.world.workingDir, file);
        const keys = await desk.keys.importKeys(await readPrivateKeyFile(path, file), defaults);
        for (const line of rows(keys, desk)) desk.reporter.line(line);
        imported.push(...keys.map((key) => ({ ...keyJson(key), outcome: key.outcome, file })));
      } catch (error) {
        const failure = withWhatIsMissing(withPassphraseFlags(asFailure(error)));
        desk.reporter.failure(failure, file);
        if (status === exitStatus.done) status = failure.exit;
      }
    }
    if (imported.length > 0) desk.reporter.result([], { keys: imported });
    return status;
  });
};

/** What is said of keys whose file does not tell. */
function defaultsOf({ name, flags }: Invocation): ImportDefaults {
  const role = flags.text('name');
  const repository = flags.text('repository');
  return {
    keepsEncrypted: true,
    ...(role === undefined ? {} : { role }),
    ...(repository === undefined ? {} : { gun: repositoryNamed(repository, name).name }),
  };
}

function rows(keys: readonly ImportedKey[], { place }: KeyDesk): readonly string[] {
  return table(
    [{}, {}, {}, {}],
    keys.map((key) => keyRow(key.outcome === 'stored' ? 'stored ' : 'present', key, place)),
  );
}

function withWhatIsMissing(failure: Failure): Failure {
  if (failure.code !== 'ROLE_INVALID') return failure;
  return failure.with({ remedy: 'The file does not tell it. Add --repository IMAGE.' });
}
