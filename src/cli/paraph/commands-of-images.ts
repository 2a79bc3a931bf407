// Rows of the command table for signing and verifying images.
import type { CommandSpec } from './command.ts';
import {
  longIdsFlag,
  networkFlags,
  outputFlags,
  passphraseFlags,
  rolesFlag,
  rootKeyFlag,
  stagingFlags,
  yesFlag,
} from './flags.ts';

const app = 'registry.example.com/team/app';

export const imageCommands: readonly CommandSpec[] = [
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
      rolesFlag,
      rootKeyFlag,
      ...stagingFlags,
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
      [`paraph sign ${app}:1.4 --dry-run`, 'show what would be signed, by which keys'],
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
    name: 'revoke',
    group: 'sign and verify',
    summary: 'take signatures off tags',
    arguments: 'IMAGE:TAG…',
    takes: [1, 1000],
    about:
      'Out of every role that can be signed for here, as docker does; a tag that can be pulled all the same is reported ' +
      'as such. Keys and signers stay. IMAGE --all means every tag, and asks first.',
    flags: [
      { name: 'all', summary: 'every tag of IMAGE, which is given without a tag' },
      rolesFlag,
      yesFlag,
      ...stagingFlags,
      ...passphraseFlags,
      ...networkFlags,
      ...outputFlags,
    ],
    examples: [
      [`paraph revoke ${app}:1.3`, 'nobody pulls 1.3 by its signature any more'],
      [`paraph revoke ${app} --all`, 'all tags; takes the name of the repository for a yes'],
      [`paraph revoke ${app}:1.3 --role targets`, 'out of what the repository key has signed'],
    ],
    load: () => import('./revoke.ts'),
  },
];
