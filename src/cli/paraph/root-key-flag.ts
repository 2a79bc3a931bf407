// `--root-key ID`: which root key serves a new repository.
import type { Invocation } from './command.ts';
import { wrongValue } from './usage-failure.ts';

/** @throws Failure USAGE for what cannot be the beginning of an ID */
export function rootKeyOf({ name: command, flags }: Invocation): string | undefined {
  const text = flags.text('root-key');
  if (text === undefined || /^[0-9a-f]{7,64}$/.test(text)) return text;
  throw wrongValue(`--root-key ${text} is not an ID, or at least 7 digits of its beginning`, {
    command,
    hints: ['paraph key list shows the keys on this machine.'],
  });
}
