// Every suite, in the order of the report.
import type { Suite } from '../bench.ts';
import { commands } from './commands.ts';
import { large } from './large.ts';
import { manyRepositories } from './many-repositories.ts';
import { firstPublishes, updates } from './publishing.ts';
import { freshReads, keptReads, readCost } from './reads.ts';
import { signatures } from './signatures.ts';
import { starts } from './starts.ts';

export const suites: readonly Suite[] = [
  keptReads,
  freshReads,
  readCost,
  updates,
  firstPublishes,
  signatures,
  large,
  manyRepositories,
  commands,
  starts,
];
