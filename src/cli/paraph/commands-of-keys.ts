// Rows of the command table for the private keys of this machine.
import type { CommandSpec } from './command.ts';
import {
  dryRunFlag,
  longIdsFlag,
  networkFlags,
  outputFlags,
  passphraseFlags,
  trustDirFlag,
  yesFlag,
} from './flags.ts';

const app = 'registry.example.com/team/app';
const id = '7a3d54e';

export const keyCommands: readonly CommandSpec[] = [
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
    name: 'key generate',
    group: 'keys',
    summary: 'make a key pair for a signer',
    arguments: 'NAME',
    takes: [1, 1],
    about:
      'The private half is kept here, encrypted; the public half goes into NAME.pub, for the owner of a repository, who ' +
      'adds it with paraph signer add. The name root makes a root key for repositories that are made later.',
    flags: [
      {
        name: 'public-file',
        value: 'FILE',
        summary: 'where the public half goes (default NAME.pub; none for root)',
      },
      {
        name: 'pair',
        value: 'BASE',
        summary: 'into the files BASE.pem and BASE-key.pem, and keep nothing here',
      },
      trustDirFlag,
      ...passphraseFlags,
      ...outputFlags,
    ],
    examples: [
      ['paraph key generate alice', 'a key of alice here, and alice.pub to be given away'],
      ['paraph key generate ci --pair ./ci', 'a pair of files, for another machine'],
    ],
    load: () => import('./key-generate.ts'),
  },
  {
    name: 'key import',
    group: 'keys',
    summary: 'take private keys over from files',
    arguments: 'FILE…',
    takes: [1, 1000],
    about:
      'All keys of a file or none; a key that is here already stays as it is. An encrypted key of an export is taken as it ' +
      'comes, and nothing is asked; one that is not encrypted gets a passphrase. A file that others may read is refused.',
    flags: [
      { name: 'name', value: 'NAME', summary: 'role or signer of keys whose file does not tell' },
      {
        name: 'repository',
        value: 'IMAGE',
        summary: 'repository of targets and snapshot keys whose file does not tell',
      },
      trustDirFlag,
      ...passphraseFlags,
      ...outputFlags,
    ],
    examples: [
      ['paraph key import keys.pem', 'the keys of an export'],
      ['paraph key import key.pem --name alice', 'a key of another program, for the signer alice'],
    ],
    load: () => import('./key-import.ts'),
  },
  {
    name: 'key export',
    group: 'keys',
    summary: 'write private keys out, still encrypted',
    arguments: '[ID…]',
    takes: [0, 1000],
    about:
      'All keys unless some are named. Complete or not at all; a key that is stored without a passphrase is not given away. ' +
      'No passphrase is needed, except for --public.',
    flags: [
      {
        name: 'repository',
        value: 'IMAGE',
        repeats: true,
        summary: 'the keys of this repository; root and delegation keys belong to none',
      },
      {
        name: 'file',
        value: 'FILE',
        summary: 'into this new file, for you alone (default: stdout)',
      },
      { name: 'public', summary: 'the public half of one key, as key generate writes it' },
      trustDirFlag,
      ...passphraseFlags,
      ...outputFlags,
    ],
    examples: [
      ['paraph key export --file keys.pem', 'every key, for another machine'],
      [`paraph key export ${id} --file targets.pem`, 'one key'],
      [`paraph key export --public ${id} --file alice.pub`, 'what the owner of a repository needs'],
    ],
    load: () => import('./key-export.ts'),
  },
  {
    name: 'key rotate',
    group: 'keys',
    summary: 'replace the keys of root, targets, snapshot or timestamp',
    arguments: 'IMAGE ROLE',
    takes: [2, 2],
    about:
      'Published at once. An old targets or snapshot key goes when the server has confirmed the new one; an old root key ' +
      'stays. Run again after a failure, it goes on with the key that was made. root asks first.',
    flags: [
      { name: 'to-server', summary: 'the server makes and holds the new key: snapshot, timestamp' },
      { name: 'to-here', summary: 'the new key is made and held here: root, targets, snapshot' },
      {
        name: 'key',
        value: 'ID',
        repeats: true,
        summary: 'a key that is here already takes the role, as after key import',
      },
      {
        name: 'former-roots',
        value: 'N|all',
        summary: 'keys of so many roots back sign too, for consumers of before notary 0.6',
      },
      yesFlag,
      dryRunFlag,
      ...passphraseFlags,
      ...networkFlags,
      ...outputFlags,
    ],
    examples: [
      [`paraph key rotate ${app} targets`, 'after the old key was copied, or its holder left'],
      [`paraph key rotate ${app} snapshot --to-server`, 'so that others can publish as well'],
      [`paraph key rotate ${app} root --dry-run`, 'which keys it takes, and which are here'],
    ],
    load: () => import('./key-rotate.ts'),
  },
  {
    name: 'key passphrase',
    group: 'keys',
    summary: 'give private keys another passphrase',
    arguments: 'ID…',
    takes: [1, 1000],
    about:
      'The new one is asked for at a terminal; the one that the key has may come from a variable, file or descriptor. ' +
      'Copies of the file that were made before still open with the old one: after a theft, rotate the key.',
    flags: [trustDirFlag, ...passphraseFlags, ...outputFlags],
    examples: [[`paraph key passphrase ${id}`, 'of the key whose ID begins like this']],
    load: () => import('./key-passphrase.ts'),
  },
  {
    name: 'key remove',
    group: 'keys',
    summary: 'remove a private key from this machine',
    arguments: 'ID',
    takes: [1, 1],
    about: `Nothing changes in repositories: the key counts there until it is rotated or its signer removed.`,
    flags: [yesFlag, trustDirFlag, ...outputFlags],
    examples: [
      [`paraph key remove ${id}`, 'asks first'],
      [`paraph key remove ${id} --yes`, 'in a script'],
    ],
    load: () => import('./key-remove.ts'),
  },
];
