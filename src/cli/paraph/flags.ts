// Flags that several commands share, said once. There is none for a passphrase: an argument list can be
// read by everybody on the machine.
import type { FlagSpec } from './command.ts';

export const outputFlags = [
  {
    name: 'output',
    value: 'FORMAT',
    choices: ['text', 'json'],
    summary: 'text (default), or json: one document with stable keys, also for errors',
  },
  { name: 'quiet', summary: 'print results and errors alone' },
] as const satisfies readonly FlagSpec[];

export const trustDirFlag = {
  name: 'trust-dir',
  value: 'DIR',
  summary: 'where keys and trusted metadata are (default ~/.docker/trust)',
} as const satisfies FlagSpec;

export const networkFlags = [
  trustDirFlag,
  {
    name: 'server',
    value: 'URL',
    summary:
      'the trust server (default $DOCKER_CONTENT_TRUST_SERVER, else the host of the registry)',
  },
  {
    name: 'tls-ca',
    value: 'FILE',
    summary: 'authority to trust beside those of the system and of ~/.docker/tls/HOST:PORT',
  },
  {
    name: 'pins',
    value: 'FILE',
    summary:
      'roots to expect, as trust_pinning of notary (default pins.json of the trust directory)',
  },
] as const satisfies readonly FlagSpec[];

export const passphraseFlags = [
  {
    name: 'passphrase-file',
    value: 'FILE',
    summary: 'read the passphrase of the keys from the first line of FILE',
  },
  {
    name: 'passphrase-fd',
    value: 'N',
    summary: 'read the passphrase of the keys from file descriptor N',
  },
] as const satisfies readonly FlagSpec[];

export const longIdsFlag = {
  name: 'no-trunc',
  summary: 'print IDs and digests in full',
} as const satisfies FlagSpec;

export const pluginDirFlag = {
  name: 'dir',
  value: 'DIR',
  summary: 'directory of plug-ins (default cli-plugins in ~/.docker)',
} as const satisfies FlagSpec;
