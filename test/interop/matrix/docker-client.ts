// `docker trust` and trusted pushes and pulls: docker 28, or our stand-alone `docker-trust`, which has the first
// alone. Images are those of the engine's stand-in.
import { join } from 'node:path';
import type { FakeEngine } from '../../peers/fake-engine.ts';
import type { Person } from '../../peers/person.ts';
import type { Client, Delegate, On, Release, Tags } from './client.ts';
import { type Command, mustDo, newKeyId, untilNotTooLate } from './command.ts';

export interface DockerPrograms {
  /** What `docker trust` is called by. */
  readonly trust: Command;
  /** docker itself, if there is one that pulls and pushes with trust. */
  readonly docker?: Command;
  readonly engine: FakeEngine;
  /** Whether `signer remove` has the releases signed by the owner who stays; docker leaves them unreadable. */
  readonly isMending: boolean;
}

const trusted = { DOCKER_CONTENT_TRUST: '1' };

interface Inspection {
  readonly SignedTags: readonly { readonly SignedTag: string; readonly Digest: string }[];
  readonly Signers: readonly { readonly Name: string; readonly Keys: readonly { ID: string }[] }[];
}

export class DockerClient implements Client {
  readonly name: string;
  readonly shows = 'what docker pulls';
  readonly #programs: DockerPrograms;
  /** Who made a repository before, with the key that each signs by. */
  readonly #owners = new WeakMap<Person, Delegate>();

  constructor(name: string, programs: DockerPrograms) {
    this.name = name;
    this.#programs = programs;
  }

  /** A signer's first repository: docker makes none without a signer or a tag. */
  async init(on: On): Promise<void> {
    const known = this.#owners.get(on.who) ?? (await this.delegateKey(on.who, 'owner'));
    this.#owners.set(on.who, known);
    await this.addDelegate(on, known);
  }

  async publish(on: On, releases: readonly Release[]): Promise<readonly string[]> {
    for (const release of releases) await this.#sign(on, release);
    return ['targets/owner', 'targets/releases'];
  }

  async tags({ who, gun }: On): Promise<Tags> {
    const { SignedTags } = await this.#inspect(who, gun);
    return new Map(SignedTags.map(({ SignedTag, Digest }) => [SignedTag, Digest]));
  }

  async lookup({ who, gun }: On, { tag }: Release): Promise<string> {
    const { docker } = this.#programs;
    const image = `${gun}:${tag}`;
    if (docker === undefined) {
      const { SignedTags } = await this.#inspect(who, image);
      const [signed] = SignedTags;
      if (signed === undefined) throw new Error(`No valid trust data for ${tag}: not in inspect`);
      return signed.Digest;
    }
    const { stdout } = await mustDo(who, { command: docker, args: ['pull', image], env: trusted });
    return /^Pull \(1 of 1\): \S+@sha256:([0-9a-f]{64})$/m.exec(stdout)?.[1] ?? stdout;
  }

  async remove({ who, gun }: On, tag: string): Promise<void> {
    await this.#trust(who, ['revoke', `${gun}:${tag}`]);
  }

  async delegateKey(person: Person, name: string): Promise<Delegate> {
    const keyId = await newKeyId(person, () => this.#trust(person, ['key', 'generate', name]));
    return { person, name, publicKeyFile: join(person.home, `${name}.pub`), keyId };
  }

  async addDelegate({ who, gun }: On, { name, publicKeyFile }: Delegate): Promise<void> {
    await this.#trust(who, ['signer', 'add', '--key', publicKeyFile, name, gun]);
  }

  async delegateKeys({ who, gun }: On, { name }: Delegate): Promise<readonly string[]> {
    const { Signers } = await this.#inspect(who, gun);
    const signer = Signers.find(({ Name }) => Name === name);
    return signer?.Keys.map(({ ID }) => ID) ?? [];
  }

  async publishAsDelegate({ person, name }: Delegate, gun: string, release: Release) {
    await this.#sign({ who: person, gun }, release);
    return [`targets/${name}`, 'targets/releases'];
  }

  /** Since docker 26 only a signer who signed the last release alone is removed, and only when asked. */
  async purge({ who, gun }: On, { name }: Delegate): Promise<readonly string[]> {
    await this.#trust(who, ['signer', 'remove', name, gun], 'y\n');
    const lost = this.#programs.isMending ? [] : ['targets/releases'];
    return [...lost, `targets/${name}`];
  }

  async publishInRace(on: On, release: Release, tooLate: RegExp): Promise<void> {
    await untilNotTooLate(tooLate, () => this.#sign(on, release));
  }

  async #sign({ who, gun }: On, { tag, content }: Release): Promise<void> {
    const image = `${gun}:${tag}`;
    this.#programs.engine.hold(image, content);
    await this.#trust(who, ['sign', image]);
  }

  async #inspect(who: Person, name: string): Promise<Inspection> {
    const [inspection]: Inspection[] = JSON.parse(await this.#trust(who, ['inspect', name]));
    if (inspection === undefined) throw new Error(`docker trust inspect ${name} shows nothing`);
    return inspection;
  }

  async #trust(who: Person, args: readonly string[], input?: string): Promise<string> {
    const call = { command: this.#programs.trust, args, ...(input !== undefined && { input }) };
    return (await mustDo(who, call)).stdout;
  }
}
