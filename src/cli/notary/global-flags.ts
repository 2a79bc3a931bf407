// Flags of more than one command (notary CLI §1).
import type { FlagSpec } from '../cobra/command.ts';

export const globalFlags: readonly FlagSpec[] = [
  {
    name: 'trustDir',
    shorthand: 'd',
    kind: 'string',
    usage: 'Directory where the trust data is persisted to',
  },
  {
    name: 'configFile',
    shorthand: 'c',
    kind: 'string',
    usage: 'Path to the configuration file to use',
  },
  { name: 'verbose', shorthand: 'v', kind: 'bool', usage: 'Verbose output' },
  { name: 'debug', shorthand: 'D', kind: 'bool', usage: 'Debug output' },
  { name: 'server', shorthand: 's', kind: 'string', usage: 'Remote trust server location' },
  { name: 'tlscacert', kind: 'string', usage: 'Trust certs signed only by this CA' },
  { name: 'tlscert', kind: 'string', usage: 'Path to TLS certificate file' },
  { name: 'tlskey', kind: 'string', usage: 'Path to TLS key file' },
];

export const publishFlag: FlagSpec = {
  name: 'publish',
  shorthand: 'p',
  kind: 'bool',
  usage:
    'Automatically attempt to publish after staging the change. Will also publish existing staged changes.',
};
