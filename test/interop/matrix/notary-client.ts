// The notary command line, Go's or ours: the same calls, the same output read. Delegates sign `targets/releases`,
// so that docker sees what they do.
import { join } from 'node:path';
import { peer } from '../../peers/peers.ts';
import type { Person } from '../../peers/person.ts';
import { mustRun } from '../../peers/program.ts';
import type { Client, Delegate, Holder, On, Release, Tags } from './client.ts';
import { type Command, mustDo, newKeyId, untilNotTooLate } from './command.ts';

const releases = 'targets/releases';
const nightly = 'targets/releases/nightly';

/** A line of `notary list`: tag, digest, size, role. */
const targetRow = /^(\S+) +([0-9a-f]{64}) +\d+ +\S+$/gm;

export class NotaryClient implements Client {
  readonly name: string;
  readonly shows = 'every role';
  readonly #command: Command;
  readonly #importer: Command;

  /** @param importer takes in the keys of delegates, who may have had them before they came to this client */
  constructor(name: string, command: Command, importer = command) {
    this.name = name;
    this.#command = command;
    this.#importer = importer;
  }

  async init({ who, gun }: On): Promise<void> {
    await this.#do(who, ['init', gun, '-p']);
  }

  async publish(on: On, staged: readonly Release[]): Promise<readonly string[]> {
    for (const release of staged) await this.#stage(on, release);
    await this.#do(on.who, ['publish', on.gun]);
    return ['targets'];
  }

  async tags({ who, gun }: On): Promise<Tags> {
    const rows = (await this.#do(who, ['list', gun])).matchAll(targetRow);
    return new Map([...rows].map(([, tag = '', digest = '']) => [tag, digest]));
  }

  async lookup({ who, gun }: On, { tag, content }: Release): Promise<string> {
    const shown = await this.#do(who, ['lookup', gun, tag]);
    const payload = await this.#do(who, ['verify', gun, tag], content);
    if (payload !== content) throw new Error(`notary verify gave another payload: ${payload}`);
    return /^\S+ sha256:([0-9a-f]{64}) \d+$/m.exec(shown)?.[1] ?? shown;
  }

  async remove({ who, gun }: On, tag: string): Promise<void> {
    await this.#do(who, ['remove', gun, tag, '-p']);
  }

  async delegateKey(person: Person, name: string): Promise<Delegate> {
    const key = join(person.home, `${name}.key`);
    const publicKeyFile = join(person.home, `${name}.crt`);
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const into = ['-keyout', key, '-out', publicKeyFile, '-subj', `/CN=${name}`, '-days', '1'];
    await mustRun(peer('openssl'), ['req', '-x509', ...kind, ...into]);
    const call = { command: this.#importer, args: ['key', 'import', key, '-r', name] };
    const keyId = await newKeyId(person, () => mustDo(person, call));
    return { person, name, publicKeyFile, keyId };
  }

  async addDelegate({ who, gun }: On, { publicKeyFile }: Delegate): Promise<void> {
    await this.#do(who, ['delegation', 'add', gun, releases, publicKeyFile, '--all-paths', '-p']);
  }

  async delegateKeys({ who, gun }: On): Promise<readonly string[]> {
    const table = await this.#do(who, ['delegation', 'list', gun]);
    // The rows of one role: its own, and those that go on below with an empty first column.
    const rows = new RegExp(`^${releases} .*\\n(?: .*\\n)*`, 'm').exec(table)?.[0] ?? '';
    return [...rows.matchAll(/[0-9a-f]{64}/g)].map(([id]) => id);
  }

  publishAsDelegate(delegate: Delegate, gun: string, release: Release): Promise<readonly string[]> {
    return this.#publishIn(releases, { who: delegate.person, gun }, release);
  }

  async purge({ who, gun }: On, { keyId }: Delegate): Promise<readonly string[]> {
    await this.#do(who, ['delegation', 'purge', gun, '--key', keyId, '-p']);
    return [releases, nightly];
  }

  async nest({ person }: Delegate, gun: string, nested: Delegate): Promise<void> {
    const keys = [nested.publicKeyFile, '--all-paths'];
    await this.#do(person, ['delegation', 'add', gun, nightly, ...keys, '-p']);
  }

  publishNested(nested: Delegate, gun: string, release: Release): Promise<readonly string[]> {
    return this.#publishIn(nightly, { who: nested.person, gun }, release);
  }

  async witness({ person }: Delegate, gun: string): Promise<void> {
    await this.#do(person, ['witness', gun, releases, '-p']);
  }

  async rotate({ who, gun }: On, role: string, holder: Holder): Promise<void> {
    const held = holder === 'server' ? ['-r'] : [];
    await this.#do(who, ['key', 'rotate', gun, role, ...held], 'yes\n');
  }

  async forget({ who, gun }: On): Promise<void> {
    await this.#do(who, ['delete', gun, '--remote']);
  }

  async publishInRace(on: On, release: Release, tooLate: RegExp): Promise<void> {
    await this.#stage(on, release);
    await untilNotTooLate(tooLate, () => this.#do(on.who, ['publish', on.gun]));
  }

  async #publishIn(role: string, { who, gun }: On, { tag, content }: Release) {
    const file = await who.file(`content-${tag}`, content);
    await this.#do(who, ['add', gun, tag, file, '-r', role, '-p']);
    return [role];
  }

  async #stage({ who, gun }: On, { tag, content }: Release): Promise<void> {
    const file = await who.file(`content-${tag}`, content);
    await this.#do(who, ['add', gun, tag, file]);
  }

  async #do(who: Person, args: readonly string[], input?: string): Promise<string> {
    const call = { command: this.#command, args, ...(input !== undefined && { input }) };
    return (await mustDo(who, call)).stdout;
  }
}
