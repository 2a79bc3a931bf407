// The programs that share a trust directory, each with the verbs that it has: Go's notary, docker 28 with pushes under
// content trust, and ours, by its own grammar and by that of notary.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeEngine } from '../peers/fake-engine.ts';
import { peer } from '../peers/peers.ts';
import { ourProgram, type Person } from '../peers/person.ts';
import type { Delegate, On, Release, Tags } from './matrix/client.ts';
import { type Command, digestOf, mustDo, newKeyId } from './matrix/command.ts';
import { DockerClient } from './matrix/docker-client.ts';
import { NotaryClient } from './matrix/notary-client.ts';
import { paraphReader } from './matrix/paraph-reader.ts';

export type Desk = On;

export interface TrustProgram {
  readonly name: string;
  /** Roles of the keys that its first signature of a repository makes. */
  readonly makes: readonly string[];
  tags(on: Desk): Promise<Tags>;
  /** Makes the repository when there is none. */
  sign(on: Desk, release: Release): Promise<void>;
  makeSigner(who: Person, name: string): Promise<Delegate>;
  letIn(on: Desk, signer: Delegate): Promise<void>;
  /** Signs `targets/releases` while neither the root key nor the targets key is there. */
  signAs(on: Desk, signer: Delegate, release: Release): Promise<void>;
  readonly stage?: (on: Desk, release: Release) => Promise<void>;
  /** Publishes what is staged, and `release` with it. */
  publish(on: Desk, release: Release): Promise<void>;
  readonly rotate?: (on: Desk, role: string) => Promise<void>;
  readonly forget?: (on: Desk) => Promise<void>;
}

const trusted = { DOCKER_CONTENT_TRUST: '1' };

export function trustPrograms(engine: FakeEngine) {
  const ours = ourProgram('paraph');
  return {
    notary: notaryProgram('notary', [peer('notary')]),
    docker: dockerProgram(engine),
    paraph: paraphProgram(ours),
    paraphNotary: notaryProgram('paraph-notary', [...ours, 'notary']),
  };
}

function notaryProgram(name: string, command: Command): TrustProgram {
  const client = new NotaryClient(name, command);
  return {
    name,
    makes: ['root', 'snapshot', 'targets'],
    tags: (on) => client.tags(on),
    async sign(on, release) {
      const { status } = await on.who.run(command, ['list', on.gun]);
      if (status !== 0) await client.init(on);
      await client.publish(on, [release]);
    },
    makeSigner: (who, signer) => client.delegateKey(who, signer),
    letIn: (on, signer) => client.addDelegate(on, signer),
    signAs: (on, signer, release) =>
      withKeyAlone(on.who, signer, () => client.publishAsDelegate(signer, on.gun, release)),
    async stage({ who, gun }, { tag, content }) {
      const file = await who.file(`content-${tag}`, content);
      await mustDo(who, { command, args: ['add', gun, tag, file] });
    },
    publish: async (on, release) => void (await client.publish(on, [release])),
    rotate: (on, role) => client.rotate(on, role, 'local'),
    forget: (on) => client.forget(on),
  };
}

function dockerProgram(engine: FakeEngine): TrustProgram {
  const docker = [peer('docker-28')];
  const client = new DockerClient('docker', {
    trust: [...docker, 'trust'],
    docker,
    engine,
    isMending: false,
  });
  const push = async ({ who, gun }: Desk, { tag, content }: Release): Promise<void> => {
    engine.hold(`${gun}:${tag}`, content);
    await mustDo(who, { command: docker, args: ['push', `${gun}:${tag}`], env: trusted });
  };
  return {
    name: 'docker',
    makes: ['root', 'targets'],
    tags: (on) => client.tags(on),
    sign: push,
    makeSigner: (who, signer) => client.delegateKey(who, signer),
    letIn: (on, signer) => client.addDelegate(on, signer),
    signAs: (on, signer, release) => withKeyAlone(on.who, signer, () => push(on, release)),
    publish: push,
  };
}

function paraphProgram(command: Command): TrustProgram {
  const run = (who: Person, ...args: readonly string[]) => mustDo(who, { command, args });
  const sign = async (on: Desk, { tag, content }: Release, ...flags: readonly string[]) => {
    const size = String(Buffer.byteLength(content));
    const what = ['--digest', `sha256:${digestOf(content)}`, '--size', size];
    await run(on.who, 'sign', `${on.gun}:${tag}`, ...what, ...flags);
  };
  return {
    name: 'paraph',
    makes: ['root', 'targets'],
    tags: (on) => paraphReader.tags(on),
    sign: (on, release) => sign(on, release),
    async makeSigner(who, name) {
      const keyId = await newKeyId(who, () => run(who, 'key', 'generate', name));
      return { person: who, name, publicKeyFile: join(who.home, `${name}.pub`), keyId };
    },
    async letIn({ who, gun }, { name, publicKeyFile }) {
      await run(who, 'signer', 'add', name, gun, '--key', publicKeyFile);
    },
    signAs: (on, signer, release) => withKeyAlone(on.who, signer, () => sign(on, release)),
    stage: (on, release) => sign(on, release, '--stage'),
    async publish(on, release) {
      await sign(on, release, '--stage');
      await run(on.who, 'publish', on.gun);
    },
    async rotate({ who, gun }, role) {
      await run(who, 'key', 'rotate', gun, role, ...(role === 'root' ? ['--yes'] : []));
    },
    async forget({ who, gun }) {
      await run(who, 'delete', gun, '--remote', '--yes');
    },
  };
}

/** `act` while of the private keys only that one, and the snapshot key if it is at home, are here. */
async function withKeyAlone(
  { trustDir, home }: Person,
  { keyId }: Delegate,
  act: () => Promise<unknown>,
): Promise<void> {
  const keys = join(trustDir, 'private');
  const aside = join(home, 'aside');
  await rename(keys, aside);
  await mkdir(keys, { mode: 0o700 });
  try {
    for (const name of await readdir(aside)) {
      const text = await readFile(join(aside, name), 'utf8');
      const isNeeded = name === `${keyId}.key` || /^role: snapshot$/m.test(text);
      if (isNeeded) await writeFile(join(keys, name), text, { mode: 0o600 });
    }
    await act();
  } finally {
    await rm(keys, { recursive: true });
    await rename(aside, keys);
  }
}
