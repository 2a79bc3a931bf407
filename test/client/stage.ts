// A server, the publisher who owns its one repository with the tag `v1`, and whoever else a test needs, each on a
// machine of its own. Time passes for all of them at once.
import { refresh } from '../../src/client/consume/refresh.ts';
import { resolveTag } from '../../src/client/consume/resolve.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import { Consumer } from './consumer.ts';
import { LocalServer } from './local-server.ts';
import { gun, publisherAt, type TestPublisher } from './publisher.ts';

export class Stage {
  readonly server: LocalServer;
  readonly owner: TestPublisher;
  readonly #machines: Consumer[] = [];

  private constructor(server: LocalServer, owner: TestPublisher) {
    this.server = server;
    this.owner = owner;
    this.#machines.push(owner.machine);
  }

  /** The repository is made, and nothing of that is in the records of calls and events. */
  static async set(): Promise<Stage> {
    const server = new LocalServer();
    const owner = await publisherAt(server);
    await owner.sign('v1');
    server.calls.length = 0;
    owner.machine.events.length = 0;
    return new Stage(server, owner);
  }

  async newPublisher(): Promise<TestPublisher> {
    const publisher = await publisherAt(this.server);
    publisher.machine.clockMs = this.server.nowMs;
    this.#machines.push(publisher.machine);
    return publisher;
  }

  async newConsumer(): Promise<Consumer> {
    const consumer = await Consumer.make(this.server);
    consumer.clockMs = this.server.nowMs;
    this.#machines.push(consumer);
    return consumer;
  }

  /** The digest that a consumer gets who sees the repository for the first time. */
  async verify(tag: string): Promise<string> {
    return resolveTag(await refresh(gun, await this.newConsumer()), tag).digest;
  }

  passTime(ms: number): void {
    this.server.nowMs += ms;
    for (const machine of this.#machines) machine.clockMs += ms;
  }

  /** Uploads since the stage was set, as `publish ROLE,ROLE`. */
  uploads(): readonly string[] {
    return this.server.calls.filter((call) => call.startsWith('publish'));
  }

  /** Versions that the server serves now. */
  versions(...roles: readonly RoleName[]): Promise<readonly (number | undefined)[]> {
    return Promise.all(roles.map((role) => this.server.version(gun, role)));
  }

  async clear(): Promise<void> {
    for (const machine of this.#machines.splice(0)) await machine.remove();
  }
}
