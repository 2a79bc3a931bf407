// The flags that say where passphrases come from.
import { resolve } from 'node:path';
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
