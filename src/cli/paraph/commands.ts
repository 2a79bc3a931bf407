// The command table: everything that `paraph` can do, on one screen. The commander grammar, the help texts and
// docs/reference/commands.md are made from it. Loading it loads no command: each body waits behind import().
import type { CommandSpec } from './command.ts';
import {
  longIdsFlag,
  networkFlags,
  outputFlags,
  passphraseFlags,
  pluginDirFlag,
  trustDirFlag,
} from './flags.ts';

const app = 'registry.example.com/team/app';

export const commands: readonly CommandSpec[] = [
  {
    name: 'sign',
    group: 'sign and verify',
    summary: 'sign tags; the first time, make the keys for it',
    arguments: 'IMAGE:TAG…',
    takes: [1, 1000],
    about:
      'The image must have been pushed. Several tags of one repository are published at once. Passphrases come from a ' +
      'prompt, DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE and DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE, a file or a descriptor.',
    flags: [
      {
        name: 'digest',
        value: 'sha256:HEX',
        summary: 'sign this digest and do not ask the registry',
      },
      { name: 'size', value: 'BYTES', summary: 'size of the manifest that --digest names' },
      {
        name: 'root-key',
        value: 'ID',
        summary: 'root key for a new repository, if there are several',
      },
      ...passphraseFlags,
      ...networkFlags,
      ...outputFlags,
    ],
    examples: [
      [`paraph sign ${app}:1.4`, 'sign what the tag names in the registry now'],
      [`paraph sign ${app}:1.4 ${app}:latest`, 'sign two tags in one publish'],
      [
        `paraph sign ${app}:1.4 --digest sha256:52e715b63c7aad967d01f0316910b8ee85efe9d6f099c208d57562e27703f764 --size 1846`,
        'sign an image that is not in reach',
      ],
      [
        `paraph sign ${app}:1.4 --passphrase-fd 3 3< <(pass show targets)`,
        'take the passphrase from a program',
      ],
    ],
    load: () => import('./sign.ts'),
  },
  {
    name: 'verify',
    group: 'sign and verify',
    summary: 'print the signed digest of images, or refuse',
    arguments: 'IMAGE[:TAG]…',
    takes: [1, 1000],
    about:
      'Prints name@sha256:… for each image, in order. Without a tag, latest is meant. A digest beside the tag is ' +
      'compared. The exit status is that of the worst image.',
    flags: [...networkFlags, ...outputFlags],
    examples: [
      [`docker pull "$(paraph verify ${app}:1.4)"`, 'pull exactly what was signed'],
      [`paraph verify ${app}:1.4 ${app}:1.3`, 'verify several images'],
      [`paraph verify --output json ${app}:1.4 | jq -r '.images[].digest'`, 'the digest alone'],
    ],
    load: () => import('./verify.ts'),
  },
  {
    name: 'inspect',
    group: 'sign and verify',
    summary: 'show signed tags, signers, keys, versions and expiry',
    arguments: 'IMAGE[:TAG]',
    takes: [1, 1],
    about:
      'With a tag: that tag alone, and whether a pull would accept it. A digest beside the tag is compared.',
    flags: [longIdsFlag, ...networkFlags, ...outputFlags],
    examples: [
      [`paraph inspect ${app}`, 'the whole repository'],
      [`paraph inspect ${app}:1.4`, 'one tag'],
    ],
    load: () => import('./inspect.ts'),
  },
  {
    name: 'key list',
    group: 'keys',
    summary: 'list the private keys on this machine',
    arguments: '',
    takes: [0, 0],
    flags: [longIdsFlag, trustDirFlag, ...outputFlags],
    examples: [
      ['paraph key list', 'every key of ~/.docker/trust'],
      ['paraph key list --trust-dir /media/offline/trust', 'the keys of another trust directory'],
    ],
    load: () => import('./key-list.ts'),
  },
  {
    name: 'sandbox',
    group: 'service',
    summary: 'try it: a stack of its own, and the story of an attack',
    arguments: '',
    takes: [0, 0],
    about:
      'Registry, trust server and signer in one process, on loopback, in memory; all is gone afterwards.',
    flags: [
      { name: 'keep', value: 'DIR', summary: 'keep keys, trust data and certificates in DIR' },
      { name: 'exit', summary: 'end after the story instead of waiting for Ctrl-C' },
    ],
    examples: [
      ['paraph sandbox', 'the story, then a running stack to play with'],
      ['paraph sandbox --exit', 'the story alone; fails if an attack is not refused'],
    ],
    load: () => import('./sandbox.ts'),
  },
  {
    name: 'server',
    group: 'service',
    summary: 'run the trust server, in place of notary-server',
    arguments: '[-config FILE]',
    takes: [0, 1000],
    about:
      'Takes the flags, configuration files and environment of notary-server; paraph server -help lists the flags.',
    flags: [],
    isProgram: true,
    examples: [
      ['paraph server', 'SQLite in a data directory, on loopback'],
      ['paraph server -config /etc/paraph/server.json', 'as configured'],
    ],
    load: () => import('./server.ts'),
  },
  {
    name: 'signer',
    group: 'service',
    summary: 'run the signing service, in place of notary-signer',
    arguments: '[-config FILE]',
    takes: [0, 1000],
    about:
      'Takes the flags, configuration files and environment of notary-signer; paraph signer -help lists the flags.',
    flags: [],
    isProgram: true,
    examples: [['paraph signer -config /etc/paraph/signer.json', 'as configured']],
    load: () => import('./signer.ts'),
  },
  {
    name: 'plugin install',
    group: 'service',
    summary: 'make docker trust of docker-trust, for docker 29 and later',
    arguments: '',
    takes: [0, 0],
    about:
      'Links docker-trust into cli-plugins of docker. docker up to 28 has a trust command of its own, which comes first.',
    flags: [pluginDirFlag, ...outputFlags],
    examples: [
      ['paraph plugin install', 'into ~/.docker/cli-plugins, or where DOCKER_CONFIG says'],
      ['paraph plugin install --dir /usr/local/lib/docker/cli-plugins', 'for every user'],
    ],
    load: () => import('./plugin-install.ts'),
  },
  {
    name: 'plugin remove',
    group: 'service',
    summary: 'take the link away again',
    arguments: '',
    takes: [0, 0],
    flags: [pluginDirFlag, ...outputFlags],
    examples: [['paraph plugin remove', 'docker has no trust command then, from 29 on']],
    load: () => import('./plugin-install.ts'),
  },
];
