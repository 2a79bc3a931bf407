// A person with a client of one side, Go's notary or our paraph, as commands that can be measured. Each has a
// home of its own with the CA of the server, and a trust directory in it.
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findPeer, peer } from '../test/peers/peers.ts';
import { newPerson, type Person } from '../test/peers/person.ts';
import type { Bench } from './bench.ts';
import { storeKeyAsGo, storeKeyAsOurs } from './large-repository.ts';
import type { Command } from './load/command.ts';
import type { BenchRepository } from './repository.ts';
import type { Make, Stack } from './stack.ts';

const passphrase = 'passphrase of the benchmark';
/** Nothing listens there: a connection is refused at once. */
const deadUrl = 'https://localhost:1';

export interface Client {
  readonly make: Make;
  readonly person: Person;
  version(): Command;
  /** Looks up one tag; `offline`: of a server that cannot be reached, so from the cache alone. */
  lookUp(gun: string, tag: string, where?: 'offline'): Command;
  /** Signs `tag` for new content and publishes. The key must have been given. */
  addTag(gun: string, tag: string): Promise<Command>;
  giveKey(repository: BenchRepository): Promise<void>;
}

export function whyNoClient(make: Make): string | undefined {
  return make === 'Go' && findPeer('notary') === undefined ? 'notary is not here' : undefined;
}

/** @param url of the trust server; `stack` is where its CA comes from */
export async function newClient(
  bench: Bench,
  make: Make,
  name: string,
  stack: Stack,
  url = `https://localhost:${stack.endpoint.port}`,
): Promise<Client> {
  const person = await newPerson(bench.place, `${name}-${make.toLowerCase()}`, {
    trustServer: url,
    caFile: stack.caFile,
  });
  const keysFolder = await bench.place.folder(
    join(person.trustDir, 'private').slice(bench.place.path.length + 1),
  );
  await trustDeadServer(person, stack.caFile);
  return make === 'Go' ? goClient(person, keysFolder) : oursClient(person, keysFolder, url);
}

/** As for the real server: without a CA of its own, a client would load those of the whole world first. */
async function trustDeadServer(person: Person, caFile: string): Promise<void> {
  const folder = join(person.home, '.docker/tls', new URL(deadUrl).host);
  await mkdir(folder, { recursive: true });
  await copyFile(caFile, join(folder, 'ca.crt'));
}

function goClient(person: Person, keysFolder: string): Client {
  const env = { HOME: person.home, NOTARY_TARGETS_PASSPHRASE: passphrase };
  const command = (args: readonly string[], expected: RegExp): Command => ({
    program: peer('notary'),
    args,
    env,
    cwd: person.home,
    expected,
  });
  return {
    make: 'Go',
    person,
    version: () => command(['version'], /Version/),
    lookUp(gun, tag, where) {
      const server = where === 'offline' ? ['--server', deadUrl] : [];
      return command([...server, 'lookup', gun, tag], new RegExp(`^${tag} sha256:`, 'm'));
    },
    async addTag(gun, tag) {
      const file = await person.file('manifest', tag);
      return command(['add', '--publish', gun, tag, file], /Successfully published changes/);
    },
    giveKey: (repository) => storeKeyAsGo(repository, keysFolder, passphrase),
  };
}

function oursClient(person: Person, keysFolder: string, url: string): Client {
  const env = {
    HOME: person.home,
    DOCKER_CONTENT_TRUST_SERVER: url,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
  };
  const command = (args: readonly string[], expected: RegExp): Command => ({
    program: process.execPath,
    args: [resolve('bin/paraph'), ...args],
    env,
    cwd: person.home,
    expected,
  });
  return {
    make: 'ours',
    person,
    version: () => command(['--version'], /\d/),
    lookUp(gun, tag, where) {
      const found = command(['verify', `${gun}:${tag}`], /@sha256:[0-9a-f]{64}$/m);
      if (where !== 'offline') return found;
      return { ...found, env: { ...env, DOCKER_CONTENT_TRUST_SERVER: deadUrl } };
    },
    async addTag(gun, tag) {
      const digest = `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(0, 64)}`;
      return command(['sign', '--digest', digest, '--size', '1846', `${gun}:${tag}`], /published/);
    },
    giveKey: (repository) => storeKeyAsOurs(repository, keysFolder, passphrase),
  };
}
