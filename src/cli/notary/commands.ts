// The command table of notary 0.7.0, on one screen each: this page, keys, delegations, completion. Nothing is loaded
// before its command is called. Words are notary's own, so that help texts are the same bytes (notary CLI §2).
import type { FlagSpec } from '../cobra/command.ts';
import type { NotarySpec } from './command.ts';
import { completionCommands } from './completion-commands.ts';
import { delegationCommands } from './delegation-commands.ts';
import { globalFlags, publishFlag } from './global-flags.ts';
import { keyCommands } from './key-commands.ts';

const thenPublish =
  'This is an offline operation.  Please then use `publish` to push the changes to the remote trusted collection.';

const rolesFlag = (usage: string): FlagSpec => ({
  name: 'roles',
  shorthand: 'r',
  kind: 'strings',
  usage,
});

const customFlag: FlagSpec = {
  name: 'custom',
  kind: 'string',
  usage: 'Path to the file containing custom data for this target',
};

/** In the order in which notary adds them, which is that of its suggestions. */
const collectionCommands: readonly NotarySpec[] = [
  {
    use: 'init [ GUN ]',
    short: 'Initializes a local trusted collection.',
    long: 'Initializes a local trusted collection identified by the Globally Unique Name. This is an online operation.',
    flags: [
      { name: 'rootkey', kind: 'string', usage: 'Root key to initialize the repository with' },
      {
        name: 'rootcert',
        kind: 'string',
        usage:
          'Root certificate must match root key if a root key is supplied, otherwise it must match a key present in keystore',
      },
      publishFlag,
    ],
    body: () => import('./init.ts'),
  },
  {
    use: 'status [ GUN ]',
    short: 'Displays status of unpublished changes to the local trusted collection.',
    long: 'Displays status of unpublished changes to the local trusted collection identified by the Globally Unique Name.',
    body: () => import('./status.ts'),
  },
  {
    use: 'reset [ GUN ]',
    short: 'Resets unpublished changes for the local trusted collection.',
    long: 'Resets unpublished changes for the local trusted collection identified by the Globally Unique Name.',
    flags: [
      {
        name: 'number',
        shorthand: 'n',
        kind: 'ints',
        usage: 'Numbers of specific changes to exclusively reset, as shown in status list',
      },
      { name: 'all', kind: 'bool', usage: 'Reset all changes shown in the status list' },
    ],
    body: () => import('./reset.ts'),
  },
  {
    use: 'publish [ GUN ]',
    short: 'Publishes the local trusted collection.',
    long: 'Publishes the local trusted collection identified by the Globally Unique Name, sending the local changes to a remote trusted server.',
    body: () => import('./publish.ts'),
  },
  {
    use: 'lookup [ GUN ] <target>',
    short: 'Looks up a specific target in a remote trusted collection.',
    long: 'Looks up a specific target in a remote trusted collection identified by the Globally Unique Name.',
    body: () => import('./lookup.ts'),
  },
  {
    use: 'list [ GUN ]',
    short: 'Lists targets for a remote trusted collection.',
    long: 'Lists all targets for a remote trusted collection identified by the Globally Unique Name. This is an online operation.',
    flags: [rolesFlag('Delegation roles to list targets for (will shadow targets role)')],
    body: () => import('./list.ts'),
  },
  {
    use: 'add [ GUN ] <target> <file>',
    short: 'Adds the file as a target to the trusted collection.',
    long: `Adds the file as a target to the local trusted collection identified by the Globally Unique Name. ${thenPublish}`,
    flags: [rolesFlag('Delegation roles to add this target to'), publishFlag, customFlag],
    body: () => import('./add.ts'),
  },
  {
    use: 'remove [ GUN ] <target>',
    short: 'Removes a target from a trusted collection.',
    long: `Removes a target from the local trusted collection identified by the Globally Unique Name. ${thenPublish}`,
    flags: [rolesFlag('Delegation roles to remove this target from'), publishFlag],
    body: () => import('./remove.ts'),
  },
  {
    use: 'addhash [ GUN ] <target> <byte size> <hashes>',
    short: 'Adds the byte size and hash(es) as a target to the trusted collection.',
    long: `Adds the specified byte size and hash(es) as a target to the local trusted collection identified by the Globally Unique Name. ${thenPublish}`,
    flags: [
      rolesFlag('Delegation roles to add this target to'),
      { name: 'sha256', kind: 'string', usage: 'hex encoded sha256 of the target to add' },
      { name: 'sha512', kind: 'string', usage: 'hex encoded sha512 of the target to add' },
      publishFlag,
      customFlag,
    ],
    body: () => import('./add-hash.ts'),
  },
  {
    use: 'verify [ GUN ] <target>',
    short: 'Verifies if the content is included in the remote trusted collection',
    long: 'Verifies if the data passed in STDIN is included in the remote trusted collection identified by the Globally Unique Name.',
    flags: [
      {
        name: 'input',
        shorthand: 'i',
        kind: 'string',
        usage: 'Read from a file, instead of STDIN',
      },
      {
        name: 'output',
        shorthand: 'o',
        kind: 'string',
        usage: 'Write to a file, instead of STDOUT',
      },
      { name: 'quiet', shorthand: 'q', kind: 'bool', usage: 'No output except for errors' },
    ],
    body: () => import('./verify.ts'),
  },
  {
    use: 'witness [ GUN ] <role> ...',
    short: "Marks roles to be re-signed the next time they're published",
    long: "Marks roles to be re-signed the next time they're published. Currently will always bump version and expiry for role. N.B. behaviour may change when thresholding is introduced.",
    flags: [publishFlag],
    body: () => import('./witness.ts'),
  },
  {
    use: 'delete [ GUN ]',
    short: 'Deletes all content for a trusted collection',
    long: 'Deletes all local content for a trusted collection identified by the Globally Unique Name. Remote data can also be deleted with an additional flag.',
    flags: [
      {
        name: 'remote',
        kind: 'bool',
        usage: 'Delete remote data for GUN in addition to local cache',
      },
    ],
    body: () => import('./delete.ts'),
  },
];

export const notaryProgram: NotarySpec = {
  use: 'notary',
  short: 'Notary allows the creation of trusted collections.',
  long: 'Notary allows the creation and management of collections of signed targets, allowing the signing and validation of arbitrary content.',
  flags: [{ name: 'version', kind: 'bool', usage: 'Print the version number of notary' }],
  persistentFlags: globalFlags,
  body: () => import('./program.ts'),
  commands: [
    {
      use: 'version',
      short: 'Print the version number of notary',
      body: () => import('./version-command.ts'),
    },
    keyCommands,
    delegationCommands,
    ...collectionCommands,
    {
      use: 'help [command]',
      short: 'Help about any command',
      long: 'Help provides help for any command in the application.\nSimply type notary help [path to command] for full details.',
      body: () => import('./help.ts'),
    },
    completionCommands,
  ],
};
