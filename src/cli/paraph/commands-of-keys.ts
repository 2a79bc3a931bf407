// Rows of the command table for the private keys of this machine.
import type { CommandSpec } from './command.ts';
import { longIdsFlag, outputFlags, trustDirFlag } from './flags.ts';

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
];
