// Rows of the command table for delegations: who may sign which tags beside the repository key.
import type { CommandSpec, FlagSpec } from './command.ts';
import {
  longIdsFlag,
  networkFlags,
  outputFlags,
  passphraseFlags,
  stagingFlags,
  yesFlag,
} from './flags.ts';

const app = 'registry.example.com/team/app';
const group = 'repositories';

const publishingFlags = [
  ...stagingFlags,
  ...passphraseFlags,
  ...networkFlags,
  ...outputFlags,
] as const;

const keyIdFlag = (summary: string): FlagSpec => ({
  name: 'key',
  value: 'ID',
  repeats: true,
  summary: `${summary}: an ID, or 7 digits or more of it`,
});

export const delegationCommands: readonly CommandSpec[] = [
  {
    name: 'delegation add',
    group,
    summary: 'let keys sign tags with certain beginnings',
    arguments: 'IMAGE ROLE',
    takes: [2, 2],
    about:
      'Makes the role, or adds to one that is there. targets/ may be left out before ROLE. A role counts for what tags it ' +
      'may sign; docker accepts a tag only from targets/releases or the repository key, so for people who sign with docker ' +
      'use paraph signer add.',
    flags: [
      { name: 'key', value: 'FILE', repeats: true, summary: 'public key or certificate, in PEM' },
      { name: 'path', value: 'PREFIX', repeats: true, summary: 'tags that begin with this' },
      { name: 'all-paths', summary: 'every tag' },
      {
        name: 'threshold',
        value: 'N',
        summary: 'so many of its keys must sign, all on the machine that signs (default 1)',
      },
      ...publishingFlags,
    ],
    examples: [
      [`paraph delegation add ${app} releases --key bob.pub --all-paths`, 'bob may sign every tag'],
      [`paraph delegation add ${app} nightly --key ci.pub --path nightly-`, 'nightly-… alone'],
    ],
    load: () => import('./delegation-add.ts'),
  },
  {
    name: 'delegation remove',
    group,
    summary: 'take away keys or tags of a role, or all of it',
    arguments: 'IMAGE ROLE',
    takes: [2, 2],
    about: 'Without --key, --path or --all-paths the whole role goes, after a question.',
    flags: [
      keyIdFlag('this key goes'),
      { name: 'path', value: 'PREFIX', repeats: true, summary: 'tags that begin with this' },
      { name: 'all-paths', summary: 'every tag; the keys stay' },
      yesFlag,
      ...publishingFlags,
    ],
    examples: [
      [`paraph delegation remove ${app} releases --key 4e864be`, 'a key goes, the role stays'],
      [`paraph delegation remove ${app} nightly`, 'the whole role'],
    ],
    load: () => import('./delegation-remove.ts'),
  },
  {
    name: 'delegation list',
    group,
    summary: 'list roles, their keys and the tags they may sign',
    arguments: 'IMAGE',
    takes: [1, 1],
    flags: [longIdsFlag, ...networkFlags, ...outputFlags],
    examples: [[`paraph delegation list ${app}`, 'all roles beside the repository key']],
    load: () => import('./delegation-list.ts'),
  },
  {
    name: 'delegation purge',
    group,
    summary: 'take keys out of every role at once',
    arguments: 'IMAGE',
    takes: [1, 1],
    about:
      'Out of each role whose delegation can be signed here; fails when the keys go on counting somewhere.',
    flags: [keyIdFlag('the key that goes'), ...publishingFlags],
    examples: [[`paraph delegation purge ${app} --key 4e864be`, 'after the key was stolen']],
    load: () => import('./delegation-purge.ts'),
  },
  {
    name: 'delegation witness',
    group,
    summary: 'sign roles again as they are',
    arguments: 'IMAGE ROLE…',
    takes: [2, 1000],
    about:
      'With the keys that they have now: after a key has left a role, or when it is out of date. Look at paraph inspect ' +
      'first: what the role lists counts again.',
    flags: publishingFlags,
    examples: [[`paraph delegation witness ${app} releases`, 'sign targets/releases again']],
    load: () => import('./delegation-witness.ts'),
  },
];
