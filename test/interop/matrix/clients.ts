// The clients of the matrix, and the readers who look at what each has done.

import type { FakeEngine } from '../../peers/fake-engine.ts';
import { peer } from '../../peers/peers.ts';
import type { Client, Reader } from './client.ts';
import { DockerClient } from './docker-client.ts';
import { NotaryClient } from './notary-client.ts';
import { paraphReader } from './paraph-reader.ts';

export interface ClientChoice {
  readonly name: string;
  /** Each does all that it can of every step, in a repository of its own. */
  readonly programs: readonly Client[];
}

/** Go notary and docker 28. */
export function clientsWith(engine: FakeEngine): readonly ClientChoice[] {
  const { notary, docker } = originals(engine);
  return [
    { name: 'notary', programs: [notary] },
    { name: 'docker 28', programs: [docker] },
  ];
}

/** One of each client. */
export function readersWith(engine: FakeEngine): readonly Reader[] {
  const { notary, docker } = originals(engine);
  return [notary, docker, paraphReader];
}

function originals(engine: FakeEngine) {
  const docker = [peer('docker-28')];
  return {
    notary: new NotaryClient('notary', [peer('notary')]),
    docker: new DockerClient('docker', { trust: [...docker, 'trust'], docker, engine }),
  };
}
