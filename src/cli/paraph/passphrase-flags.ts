// The flags that say where passphrases come from.
import { resolve } from 'node:path';
import type { Failure } from '../../errors.ts';
import { paraphVoice } from '../../keys/passphrase-voice.ts';
import type { Asking } from '../key-ring.ts';
import type { Invocation } from './command.ts';
import { wrongValue } from './usage-failure.ts';

/** @throws Failure USAGE */
export function askingBy({ name, flags, world }: Invocation): Asking {
  const file = flags.text('passphrase-file');
  return {
    voice: paraphVoice,
    file: file === undefined ? undefined : resolve(world.workingDir, file),
    descriptor: descriptorOf(flags.text('passphrase-fd'), name),
  };
}

function descriptorOf(text: string | undefined, command: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw wrongValue(`--passphrase-fd ${text} is not the number of a descriptor`, { command });
}

/** A failure for want of a passphrase, with the flags by which the command can be given it. */
export function withPassphraseFlags(failure: Failure): Failure {
  if (failure.code !== 'PASSPHRASE_MISSING' || failure.remedy.includes('--passphrase-f'))
    return failure;
  return failure.with({
    remedy: `${failure.remedy}\nThe flags are --passphrase-file FILE and --passphrase-fd N.`,
  });
}
