// The clients of the matrix, and the readers who look at what each has done.
import type { FakeEngine } from '../../peers/fake-engine.ts';
import { type PeerName, peer } from '../../peers/peers.ts';
import type { Client, Reader } from './client.ts';
import { DockerClient } from './docker-client.ts';
import { NotaryClient } from './notary-client.ts';
import { paraphReader } from './paraph-reader.ts';

export interface ClientChoice {
  readonly name: string;
  /** The name of the reader who uses this client. */
  readonly reader: string;
  /** Each does all that it can of every step, in a repository of its own. */
  readonly programs: readonly Client[];
}

type Find = (name: PeerName) => string;

/** Go notary and docker 28. `find` says where a program is. */
export function clientsWith(engine: FakeEngine, find: Find = peer): readonly ClientChoice[] {
  const { notary, docker } = originals(engine, find);
  return [
    { name: 'notary', reader: 'notary', programs: [notary] },
    { name: 'docker 28', reader: 'docker', programs: [docker] },
  ];
}

/** One of each client. */
export function readersWith(engine: FakeEngine): readonly Reader[] {
  const { notary, docker } = originals(engine, peer);
  return [notary, docker, paraphReader];
}

function originals(engine: FakeEngine, find: Find) {
  const docker = [find('docker-28')];
  return {
    notary: new NotaryClient('notary', [find('notary')]),
    docker: new DockerClient('docker', { trust: [...docker, 'trust'], docker, engine }),
  };
}
