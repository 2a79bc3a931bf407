// The command table of `docker trust`, on one screen. Nothing is loaded before its command is called. Words are those of
// docker 28, so that help texts are the same bytes (docker trust §6).
import type { DockerSpec } from './command.ts';

const keyCommands: readonly DockerSpec[] = [
  {
    use: 'generate NAME',
    short: 'Generate and load a signing key-pair',
    hasBareUsageLine: true,
    flags: [
      {
        name: 'dir',
        kind: 'string',
        usage: 'Directory to generate key in, defaults to current directory',
      },
    ],
    body: { takes: { exactly: 1 }, load: () => import('./key-generate.ts') },
  },
  {
    use: 'load [OPTIONS] KEYFILE',
    short: 'Load a private key file for signing',
    hasBareUsageLine: true,
    flags: [
      { name: 'name', kind: 'string', usage: 'Name for the loaded key', byDefault: 'signer' },
    ],
    body: { takes: { exactly: 1 }, load: () => import('./key-load.ts') },
  },
];

const signerCommands: readonly DockerSpec[] = [
  {
    use: 'add OPTIONS NAME REPOSITORY [REPOSITORY...] ',
    short: 'Add a signer',
    hasBareUsageLine: true,
    flags: [
      {
        name: 'key',
        kind: 'words',
        valueName: 'list',
        usage: "Path to the signer's public key file",
      },
    ],
    body: { takes: { atLeast: 2 }, load: () => import('./signer-add.ts') },
  },
  {
    use: 'remove [OPTIONS] NAME REPOSITORY [REPOSITORY...]',
    short: 'Remove a signer',
    hasBareUsageLine: true,
    flags: [
      {
        name: 'force',
        shorthand: 'f',
        kind: 'bool',
        usage: 'Do not prompt for confirmation before removing the most recent signer',
      },
    ],
    body: { takes: { atLeast: 2 }, load: () => import('./signer-remove.ts') },
  },
];

const trustCommands: readonly DockerSpec[] = [
  {
    use: 'key',
    short: 'Manage keys for signing Docker images',
    hasBareUsageLine: true,
    commands: keyCommands,
    body: { takes: 'heading' },
  },
  {
    use: 'signer',
    short: 'Manage entities who can sign Docker images',
    hasBareUsageLine: true,
    commands: signerCommands,
    body: { takes: 'heading' },
  },
  {
    use: 'inspect IMAGE[:TAG] [IMAGE[:TAG]...]',
    short: 'Return low-level information about keys and signatures',
    hasBareUsageLine: true,
    flags: [
      {
        name: 'pretty',
        kind: 'bool',
        usage: 'Print the information in a human friendly format',
      },
    ],
    body: { takes: { atLeast: 1 }, load: () => import('./inspect.ts') },
  },
  {
    use: 'revoke [OPTIONS] IMAGE[:TAG]',
    short: 'Remove trust for an image',
    hasBareUsageLine: true,
    flags: [{ name: 'yes', shorthand: 'y', kind: 'bool', usage: 'Do not prompt for confirmation' }],
    body: { takes: { exactly: 1 }, load: () => import('./revoke.ts') },
  },
  {
    use: 'sign IMAGE:TAG',
    short: 'Sign an image',
    hasBareUsageLine: true,
    flags: [{ name: 'local', kind: 'bool', usage: 'Sign a locally tagged image' }],
    body: { takes: { exactly: 1 }, load: () => import('./sign.ts') },
  },
];

/** @param name of the plug-in as docker calls it: `trust`, or what its file is named after `docker-` */
export function dockerProgram(name: string): DockerSpec {
  return {
    use: 'docker',
    short: '',
    hasBareUsageLine: true,
    commands: [
      {
        use: name,
        short: 'Manage trust on Docker images',
        hasBareUsageLine: true,
        commands: trustCommands,
        body: { takes: 'heading' },
      },
    ],
    body: { takes: 'heading' },
  };
}
