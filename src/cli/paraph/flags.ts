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

export const dryRunFlag = {
  name: 'dry-run',
  summary: 'show what would be published, and who would sign; nothing is opened, signed or sent',
} as const satisfies FlagSpec;

/** For everything that can also be put aside. */
export const stagingFlags = [
  dryRunFlag,
  {
    name: 'stage',
    summary: 'put it aside for paraph publish, among the staged changes that notary has too',
  },
] as const satisfies readonly FlagSpec[];

export const yesFlag = {
  name: 'yes',
  summary: 'answer the question beforehand; needed where there is no terminal',
} as const satisfies FlagSpec;

export const rootKeyFlag = {
  name: 'root-key',
  value: 'ID',
  summary: 'root key for a new repository, if there are several',
} as const satisfies FlagSpec;

export const rolesFlag = {
  name: 'role',
  value: 'ROLE',
  repeats: true,
  summary: 'in this role, such as targets or releases, and no other (default: as docker chooses)',
} as const satisfies FlagSpec;

export const longIdsFlag = {
  name: 'no-trunc',
  summary: 'print IDs and digests in full',
} as const satisfies FlagSpec;

export const pluginDirFlag = {
  name: 'dir',
  value: 'DIR',
  summary: 'directory of plug-ins (default cli-plugins in ~/.docker)',
} as const satisfies FlagSpec;
