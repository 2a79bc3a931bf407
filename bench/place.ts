// The place of one run: a folder of its own, and everything that must end when the run is done, in the
// reverse order of its start. It is what test/peers calls a scratch, without a test runner.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostNetwork, type Network } from '../test/peers/network.ts';
import type { Scratch } from '../test/peers/scratch.ts';
import type { Cores } from './cores.ts';

/** PostgreSQL runs as another user, who has to pass through the folder but need not list it. */
const passableMode = 0o711;

export interface Place extends Scratch {
  /** Where servers run: on this machine's loopback, on the core that is theirs. */
  readonly network: Network;
  /** A path below the folder that was not used before. */
  fresh(name: string): string;
  end(): Promise<void>;
}

export async function newPlace(cores: Cores): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'paraph-bench-'));
  await chmod(path, passableMode);
  const ends: (() => Promise<void>)[] = [];
  let used = 0;
  return {
    path,
    network: {
      ...hostNetwork,
      command: (program, args) => [...cores.serverPrefix, program, ...args],
    },
    defer: (end) => void ends.push(end),
    async folder(name) {
      const folder = join(path, name);
      await mkdir(folder, { recursive: true });
      return folder;
    },
    fresh(name) {
      used += 1;
      return join(path, `${used}-${name}`);
    },
    async end() {
      for (const end of ends.toReversed()) await end();
      await rm(path, { recursive: true, force: true });
    },
  };
}
