// Repositories as most tests of consumers find them, with a server before each and a consumer who has seen nothing.
import { RepositorySimulator } from '../simulator/repository.ts';
import { Consumer } from './consumer.ts';
import { SimulatedServer } from './simulated-server.ts';

export interface Scene {
  readonly repository: RepositorySimulator;
  readonly server: SimulatedServer;
  readonly consumer: Consumer;
}

async function sceneOf(repository: RepositorySimulator): Promise<Scene> {
  const server = new SimulatedServer(repository);
  return { repository, server, consumer: await Consumer.make(server) };
}

/** `v1` by the repository key, `v2` released, and alice, who has signed nothing. */
export function twoSigners(): Promise<Scene> {
  const repository = new RepositorySimulator();
  repository.tag('v1');
  repository.delegate('targets/releases');
  repository.delegate('targets/alice');
  repository.tag('v2', 'v2', 'targets/releases');
  repository.publish();
  return sceneOf(repository);
}

/** `v1` released as `good`, and published twice, so that there is an older state to replay. */
export function releasedTwice(): Promise<Scene> {
  const repository = new RepositorySimulator();
  repository.delegate('targets/releases');
  repository.tag('v1', 'good', 'targets/releases');
  repository.publish();
  repository.publish();
  return sceneOf(repository);
}
