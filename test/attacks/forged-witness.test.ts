// Witnessing signs what a role lists although it does not count. Whoever holds the keys of snapshot and timestamp decides
// which bytes that is; a publisher who follows the advice to witness must not sign what nobody ever signed.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import type { ConsumerPorts, PublisherPorts } from '../../src/client/ports.ts';
import { previewChanges } from '../../src/client/publish/preview.ts';
import { publish } from '../../src/client/publish/publish.ts';
import { witnessChange } from '../../src/client/trustdir/change.ts';
import type { MetadataName } from '../../src/remote/trust-server.ts';
import type { PublicKey } from '../../src/tuf/public-key.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import { parseTargets } from '../../src/tuf/targets.ts';
import { Consumer } from '../client/consumer.ts';
import { KeyRing } from '../client/key-ring.ts';
import { digestOf } from '../client/publisher.ts';
import { SimulatedServer } from '../client/simulated-server.ts';
import { RepositorySimulator } from '../simulator/repository.ts';
import { SimulatedKey } from '../simulator/simulated-key.ts';

const role = 'targets/releases';

/** Keeps every version, and takes what a publisher sends; the attacker is the one behind it. */
class Server extends SimulatedServer {
  readonly received: ReadonlyMap<RoleName, Buffer>[] = [];
  readonly versions = new Map<string, Buffer>();

  override async fetch(gun: string, name: MetadataName, maxBytes: number) {
    const kept = 'version' in name && this.versions.get(`${name.version}.${name.role}`);
    return kept || super.fetch(gun, name, maxBytes);
  }

  override async publish(_gun?: string, files: ReadonlyMap<RoleName, Buffer> = new Map()) {
    this.received.push(files);
  }

  override async serverKey(): Promise<PublicKey> {
    return SimulatedKey.generate().key;
  }
}

let repository: RepositorySimulator;
let server: Server;
let machine: Consumer;
let bob: PublisherPorts;
let bobKey: PublicKey;
/** The signer who is removed. */
const jeff = SimulatedKey.generate();

beforeEach(async () => {
  repository = new RepositorySimulator();
  server = new Server(repository);
  machine = await Consumer.make(server);
  const keys = new KeyRing();
  bobKey = (await keys.generate('bob')).key;
  bob = { ...portsOf(machine), keys, pause: () => Promise.resolve() };
  repository.delegate(role, [''], 1, [jeff]);
  repository.tag('latest', 'good', role);
  publishAll();
});
afterEach(() => machine.remove());

const portsOf = ({ directory, pins, nowMs, emit }: Consumer): ConsumerPorts => ({
  server,
  directory,
  pins,
  nowMs,
  emit,
});

function publishAll(): void {
  repository.publish();
  keepVersion();
}

function keepVersion(): void {
  const { version } = repository.targets('targets');
  server.versions.set(`${version}.targets`, repository.bytes('targets'));
}

/** The owner lists bob in place of jeff; what jeff signed stays and does not count. */
function replaceJeff(): void {
  const delegation = { name: role, paths: [''], keyIds: [bobKey.id], threshold: 1 } as const;
  repository.targets('targets').delegations = {
    keys: new Map([[bobKey.id, bobKey]]),
    roles: [delegation],
  };
  repository.publishTargets();
  keepVersion();
  resign();
}

function resign(): void {
  repository.publishSnapshot();
  repository.publishTimestamp();
}

/** What who has the keys of snapshot and timestamp can do. */
function forge(signers: readonly SimulatedKey[]): void {
  repository.tag('latest', 'evil', role);
  repository.signers.set(role, signers);
  repository.publishTargets(role);
  resign();
}

const witness = () => publish(repository.gun, async () => [{ kind: 'witness', role }], bob);
/** The server serves nothing new afterwards, which is not what these tests are about. */
const witnessed = async () => {
  await expect(witness()).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  const bytes = server.received.at(-1)?.get(role);
  return parseTargets(bytes!, role).signed;
};

async function expectNothingSigned(code = 'THRESHOLD_UNMET', facts: object = {}) {
  await expect(witness()).rejects.toMatchObject({ code, facts });
  expect(server.received).toEqual([]);
}

describe('witnessing refuses', () => {
  it.each([
    ['nobody', () => []],
    ['a stranger', () => [SimulatedKey.generate()]],
  ])('a file that is signed by %s, naming every tag, and opens no key', async (_who, signers) => {
    forge(signers());
    await expectNothingSigned('THRESHOLD_UNMET', {
      tags: `latest ${digestOf('evil')}`,
      delegations: 'none',
    });
  });

  it('the same after a signer was removed, which is when people witness', async () => {
    await refresh(repository.gun, bob);
    replaceJeff();
    forge([SimulatedKey.generate()]);
    await expectNothingSigned();
  });

  it('the same in a look ahead', async () => {
    forge([]);
    await expect(previewChanges(repository.gun, [witnessChange(role)], bob)).rejects.toMatchObject({
      code: 'THRESHOLD_UNMET',
    });
  });

  it('a key that an earlier file lists which only the attacker has signed', async () => {
    const stranger = SimulatedKey.generate();
    replaceJeff();
    const parent = repository.targets('targets');
    const forged = new RepositorySimulator();
    forged.targets('targets').version = parent.version - 2;
    forged.delegate(role, [''], 1, [stranger]);
    forged.publish();
    server.versions.set(`${parent.version - 1}.targets`, forged.bytes('targets'));
    forge([stranger]);
    await expectNothingSigned();
  });

  it('a key of a former life of the role', async () => {
    const { delegations } = repository.targets('targets');
    repository.targets('targets').delegations = { keys: new Map(), roles: [] };
    repository.publishTargets();
    keepVersion();
    repository.targets('targets').delegations = delegations;
    replaceJeff();
    await expectNothingSigned();
  });

  it('fewer signatures than the role asked for while those keys counted', async () => {
    repository.delegate(role, [''], 2, [jeff, SimulatedKey.generate()]);
    publishAll();
    replaceJeff();
    server.versions.delete(`${repository.targets('targets').version - 2}.targets`);
    forge([jeff]);
    await expectNothingSigned();
  });

  it('a version that would leave no room for further ones, though the removed signer signed it', async () => {
    replaceJeff();
    repository.targets(role).version = 4_000_000_000_000_000;
    forge([jeff]);
    await expectNothingSigned('VERSION_LEAP');
  });

  it('an older file of the removed signer', async () => {
    const old = repository.bytes(role);
    repository.tag('latest', 'better', role);
    publishAll();
    await refresh(repository.gun, bob);
    replaceJeff();
    repository.files.set(role, old);
    resign();
    await expectNothingSigned('ROLLBACK');
  });
});

describe('witnessing takes over', () => {
  it('what a removed signer has signed, as earlier files of the role above say', async () => {
    replaceJeff();
    const { targets, version } = await witnessed();
    expect(targets.get('latest')?.length).toBe('good'.length);
    expect(version).toBe(repository.targets(role).version + 1);
  });

  it('what this machine has verified, also where the server keeps no earlier files', async () => {
    await refresh(repository.gun, bob);
    server.versions.clear();
    replaceJeff();
    expect((await witnessed()).targets.get('latest')?.length).toBe('good'.length);
  });

  it('nothing of that where the server keeps none and this machine has not seen it', async () => {
    server.versions.clear();
    replaceJeff();
    await expectNothingSigned();
  });
});
