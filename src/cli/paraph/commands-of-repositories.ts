// Rows of the command table for whole repositories: making and deleting them, their signers, and what is staged.
import type { CommandSpec } from './command.ts';
import {
  dryRunFlag,
  longIdsFlag,
  networkFlags,
  outputFlags,
  passphraseFlags,
  rootKeyFlag,
  stagingFlags,
  trustDirFlag,
  yesFlag,
} from './flags.ts';

const app = 'registry.example.com/team/app';
const group = 'repositories';

export const repositoryCommands: readonly CommandSpec[] = [
  {
    name: 'init',
    group,
    summary: 'make keys for a repository, published without a tag',
    arguments: 'IMAGE',
    takes: [1, 1],
    about:
      'sign does this by itself the first time. With --stage the repository is prepared here, as by notary init, and goes ' +
      'up with paraph publish.',
    flags: [rootKeyFlag, ...stagingFlags, ...passphraseFlags, ...networkFlags, ...outputFlags],
    examples: [
      [`paraph init ${app}`, 'before signers are added, for example'],
      [`paraph init ${app} --stage`, 'prepare it, and publish it later'],
    ],
    load: () => import('./init.ts'),
  },
  {
    name: 'publish',
    group,
    summary: 'publish what is staged, in one step',
    arguments: 'IMAGE',
    takes: [1, 1],
    about:
      'Staged by --stage of other commands, or by notary. All of it is published or nothing; what was staged stays until ' +
      'the server has confirmed it.',
    flags: [dryRunFlag, ...passphraseFlags, ...networkFlags, ...outputFlags],
    examples: [
      [`paraph publish ${app}`, 'publish all staged changes'],
      [`paraph publish ${app} --dry-run`, 'the same as paraph diff'],
    ],
    load: () => import('./publish.ts'),
  },
  {
    name: 'status',
    group,
    summary: 'show what is staged here, or take it back',
    arguments: 'IMAGE',
    takes: [1, 1],
    about: 'Asks no server. paraph diff compares with what is published.',
    flags: [
      {
        name: 'reset',
        value: 'N|all',
        summary: 'take back the changes with these numbers, as in 0,2; or all',
      },
      trustDirFlag,
      ...outputFlags,
    ],
    examples: [
      [`paraph status ${app}`, 'the staged changes, with their numbers'],
      [`paraph status ${app} --reset 0`, 'take back the first'],
      [`paraph status ${app} --reset all`, 'take back everything'],
    ],
    load: () => import('./status.ts'),
  },
  {
    name: 'diff',
    group,
    summary: 'show what publish would change, and who would sign',
    arguments: 'IMAGE',
    takes: [1, 1],
    about:
      'Each staged change against what is published now. Fails when the publication would: a change that cannot be ' +
      'applied, a key that is not here. No key is opened.',
    flags: [...networkFlags, ...outputFlags],
    examples: [[`paraph diff ${app}`, 'before paraph publish']],
    load: () => import('./publish.ts'),
  },
  {
    name: 'delete',
    group,
    summary: 'forget trust data here, or delete it for everybody',
    arguments: 'IMAGE',
    takes: [1, 1],
    about: 'Private keys stay. Asks first.',
    flags: [
      { name: 'remote', summary: 'delete it on the trust server too, for everybody' },
      yesFlag,
      ...networkFlags,
      ...outputFlags,
    ],
    examples: [
      [`paraph delete ${app}`, 'on this machine: its root is trusted anew at the next contact'],
      [`paraph delete ${app} --remote --yes`, 'everywhere, without a question'],
    ],
    load: () => import('./delete.ts'),
  },
  {
    name: 'signer add',
    group,
    summary: 'let somebody sign with their own key',
    arguments: 'NAME IMAGE…',
    takes: [2, 1000],
    about:
      'The keys come to targets/NAME and to targets/releases, in one publish. A repository that is not there is made. ' +
      'Further keys of a signer are added beside those that are there.',
    flags: [
      { name: 'key', value: 'FILE', repeats: true, summary: 'public key or certificate, in PEM' },
      rootKeyFlag,
      ...stagingFlags,
      ...passphraseFlags,
      ...networkFlags,
      ...outputFlags,
    ],
    examples: [
      [`paraph signer add alice ${app} --key alice.pub`, 'alice signs from now on'],
      [`paraph signer add ci ${app} --key ci-1.pub --key ci-2.pub`, 'either of two keys'],
    ],
    load: () => import('./signer-add.ts'),
  },
  {
    name: 'signer remove',
    group,
    summary: 'take a signer, or some keys of one, out again',
    arguments: 'NAME IMAGE…',
    takes: [2, 1000],
    about:
      'Out of targets/NAME and targets/releases, in one publish. Asks first when tags could not be pulled afterwards.',
    flags: [
      {
        name: 'key',
        value: 'ID',
        repeats: true,
        summary: 'this key alone goes: an ID, or 7 digits or more of it',
      },
      yesFlag,
      ...stagingFlags,
      ...passphraseFlags,
      ...networkFlags,
      ...outputFlags,
    ],
    examples: [
      [`paraph signer remove alice ${app}`, 'alice signs no more'],
      [`paraph signer remove ci ${app} --key 4e864be`, 'an old key goes, the signer stays'],
    ],
    load: () => import('./signer-remove.ts'),
  },
  {
    name: 'signer list',
    group,
    summary: 'list who may sign, and with which keys',
    arguments: 'IMAGE',
    takes: [1, 1],
    flags: [longIdsFlag, ...networkFlags, ...outputFlags],
    examples: [[`paraph signer list ${app}`, 'signers, keys, and the tags that they may sign']],
    load: () => import('./signer-list.ts'),
  },
];
