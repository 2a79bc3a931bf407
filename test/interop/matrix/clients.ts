// The clients of the matrix, and the readers who look at what each has done.
import type { FakeEngine } from '../../peers/fake-engine.ts';
import { type PeerName, peer } from '../../peers/peers.ts';
import { ourProgram } from '../../peers/person.ts';
import type { Client, Reader } from './client.ts';
import { DockerClient } from './docker-client.ts';
import { NotaryClient } from './notary-client.ts';
import { paraphReader } from './paraph-reader.ts';

export interface ClientChoice {
  readonly name: string;
  /** The name of the reader who uses this client. */
  readonly reader: string;
  /** Each does all that it can of every step, in a repository of its own. */
  readonly programs: readonly Contestant[];
}

export interface Contestant {
  readonly client: Client;
  /** Whom it meets in the race. */
  readonly rival: Client;
}

type Find = (name: PeerName) => string;

/**
 * Go notary, docker 28, and ours: with the grammar of notary, and with that of docker too where server and signer are
 * `alike`. Our keys are dear to open, by intention, and so is every step with them. `find` says where a program is.
 */
export function clientsWith(
  engine: FakeEngine,
  alike: boolean,
  find: Find = peer,
): readonly ClientChoice[] {
  const { notary, docker } = originals(engine, find);
  const ours = {
    notary: new NotaryClient(
      'paraph notary',
      [...ourProgram('paraph'), 'notary'],
      [find('notary')],
    ),
    docker: new DockerClient('docker-trust', {
      trust: ourProgram('docker-trust'),
      engine,
      isMending: true,
    }),
  };
  return [
    { name: 'notary', reader: 'notary', programs: [{ client: notary, rival: notary }] },
    { name: 'docker 28', reader: 'docker', programs: [{ client: docker, rival: docker }] },
    {
      name: 'Paraph',
      reader: 'paraph',
      programs: [
        { client: ours.notary, rival: notary },
        ...(alike ? [{ client: ours.docker, rival: docker }] : []),
      ],
    },
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
    docker: new DockerClient('docker', {
      trust: [...docker, 'trust'],
      docker,
      engine,
      isMending: false,
    }),
  };
}
