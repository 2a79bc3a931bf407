// One client program at work on one pairing: its people and its repository, and how both are looked at. After
// each step that changes something, readers with each other client look whether they see that.
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Person } from '../../peers/person.ts';
import type { Client, Delegate, On, Reader, Release } from './client.ts';
import { type Audience, Ledger } from './ledger.ts';
import { domain, type PairedServices, type Papers } from './pairing.ts';

export interface PlayPlan {
  /** Unique in the pairing; names repositories and people. */
  readonly name: string;
  readonly client: Client;
  /** The program of another publisher with the same keys. */
  readonly rival: Client;
  /** With every client. */
  readonly readers: readonly Reader[];
  /** Those with another client than this one. */
  readonly others: readonly Reader[];
  readonly services: PairedServices;
}

export class Play {
  readonly client: Client;
  readonly rival: Client;
  readonly services: PairedServices;
  readonly owner: Person;
  readonly ledger: Ledger;
  /** Who look after each step, with another client each, and so have seen every state. */
  readonly regulars: Audience;
  /** Who looked once, early. */
  earlyBirds: Audience = [];
  readonly #plan: PlayPlan;
  readonly #delegates = new Map<string, Delegate>();

  private constructor(plan: PlayPlan, owner: Person, regulars: Audience) {
    this.client = plan.client;
    this.rival = plan.rival;
    this.services = plan.services;
    this.owner = owner;
    this.regulars = regulars;
    this.ledger = new Ledger(`${domain}/${plan.name}/app`);
    this.#plan = plan;
  }

  static async open(plan: PlayPlan): Promise<Play> {
    const person = (name: string): Promise<Person> => plan.services.person(`${plan.name}-${name}`);
    return new Play(plan, await person('owner'), await audience(plan.others, person, 'regular'));
  }

  get gun(): string {
    return this.ledger.gun;
  }

  /** The owner at the repository of the play. */
  get mine(): On {
    return { who: this.owner, gun: this.gun };
  }

  /** Publishes a tag each with that content. */
  async publish(...tags: readonly string[]): Promise<void> {
    const releases = tags.map((tag) => this.release(tag));
    this.ledger.record(releases, await this.client.publish(this.mine, releases));
    await this.everyoneFollows();
  }

  release(tag: string): Release {
    return { tag, content: `content of ${tag} in ${this.gun}` };
  }

  everyoneFollows(): Promise<void> {
    return this.ledger.isSeenBy(this.regulars);
  }

  /** The delegate of that name; at the first call a person is made, and a key. */
  async delegate(name: string): Promise<Delegate> {
    const known = this.#delegates.get(name);
    if (known !== undefined) return known;
    const delegate = await this.client.delegateKey(await this.person(name), name);
    this.#delegates.set(name, delegate);
    return delegate;
  }

  person(name: string): Promise<Person> {
    return this.services.person(`${this.#plan.name}-${name}`);
  }

  personAtGuard(name: string, papers: Papers): Promise<Person> {
    return this.services.personAtGuard(`${this.#plan.name}-guard-${name}`, papers);
  }

  newcomers(name: string): Promise<Audience> {
    return audience(this.#plan.readers, (each) => this.person(each), name);
  }

  /** With each other client. */
  newcomersAtGuard(name: string, papers: Papers): Promise<Audience> {
    return audience(this.#plan.others, (each) => this.personAtGuard(each, papers), name);
  }

  /** Another repository of the same people. */
  otherGun(name: string): string {
    return `${domain}/${this.#plan.name}/${name}`;
  }
}

async function audience(
  readers: readonly Reader[],
  person: (name: string) => Promise<Person>,
  name: string,
): Promise<Audience> {
  const people = readers.map(async (reader) => ({
    reader,
    who: await person(`${name}-${reader.name.replaceAll(' ', '-')}`),
  }));
  return Promise.all(people);
}

/** Copies the private keys of `from` to the machine of `to`. */
export async function shareKeys(from: Person, to: Person): Promise<void> {
  const keys = join(to.trustDir, 'private');
  await mkdir(dirname(keys), { recursive: true, mode: 0o700 });
  await cp(join(from.trustDir, 'private'), keys, { recursive: true });
}
