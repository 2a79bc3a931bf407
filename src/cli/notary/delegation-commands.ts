// `notary delegation …`: who else may sign.
import type { NotarySpec } from './command.ts';
import { publishFlag } from './global-flags.ts';

export const delegationCommands: NotarySpec = {
  use: 'delegation',
  short: 'Operates on delegations.',
  long: 'Operations on TUF delegations.',
  commands: [
    {
      use: 'list [ GUN ]',
      short: 'Lists delegations for the Global Unique Name.',
      long: 'Lists all delegations known to notary for a specific Global Unique Name.',
      body: () => import('./delegation-list.ts'),
    },
    {
      use: 'purge [ GUN ]',
      short: 'Remove KeyID(s) from all delegation roles in the given GUN.',
      long: 'Remove KeyID(s) from all delegation roles in the given GUN, for which the signing keys are available. Warnings will be printed for delegations that cannot be updated.',
      flags: [
        {
          name: 'key',
          kind: 'strings',
          usage: 'Delegation key IDs to be removed from the GUN',
        },
        publishFlag,
      ],
      body: () => import('./delegation-purge.ts'),
    },
    {
      use: 'remove [ GUN ] [ Role ] <KeyID 1> ...',
      short: 'Remove KeyID(s) from the specified Role delegation.',
      long: 'Remove KeyID(s) from the specified Role delegation in a specific Global Unique Name.',
      flags: [
        { name: 'paths', kind: 'strings', usage: 'List of paths to remove' },
        {
          name: 'yes',
          shorthand: 'y',
          kind: 'bool',
          usage: 'Answer yes to the removal question (no confirmation)',
        },
        { name: 'all-paths', kind: 'bool', usage: 'Remove all paths from this delegation' },
        publishFlag,
      ],
      body: () => import('./delegation-remove.ts'),
    },
    {
      use: 'add [ GUN ] [ Role ] <X509 file path 1> ...',
      short: 'Add a keys to delegation using the provided public key X509 certificates.',
      long: 'Add a keys to delegation using the provided public key PEM encoded X509 certificates in a specific Global Unique Name.',
      flags: [
        { name: 'paths', kind: 'strings', usage: 'List of paths to add' },
        { name: 'all-paths', kind: 'bool', usage: 'Add all paths to this delegation' },
        publishFlag,
      ],
      body: () => import('./delegation-add.ts'),
    },
  ],
};
