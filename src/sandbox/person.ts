// Somebody at a machine of their own: a docker configuration directory with keys and trusted metadata, and the real
// `paraph` run in it. What they type and what they get is told.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Output, World } from '../cli/world.ts';
import { Failure } from '../errors.ts';
import type { Narrator } from './narrator.ts';

/** The program itself: arguments in, exit status out. */
export type Paraph = (argv: readonly string[], world: World) => Promise<number | undefined>;

export interface PersonOptions {
  readonly paraph: Paraph;
  readonly name: string;
  /** Below which the person's directory is made. */
  readonly directory: string;
  /** The process that the story is told in. */
  readonly world: World;
  readonly narrator: Narrator;
  /** PEM of the authority for trust servers. */
  readonly authority: string;
  /** `https://localhost:PORT` */
  readonly trustServer: string;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const passphraseBytes = 18;

export class Person {
  /** DOCKER_CONFIG of this person. */
  readonly dockerDir: string;
  /** Variables that make `paraph`, docker and notary act as this person. The passphrases are made up here. */
  readonly env: Readonly<Record<string, string>>;
  readonly #options: PersonOptions;

  private constructor(options: PersonOptions) {
    this.#options = options;
    this.dockerDir = join(options.directory, options.name);
    this.env = {
      DOCKER_CONTENT_TRUST_SERVER: options.trustServer,
      DOCKER_CONFIG: this.dockerDir,
      DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: madeUp(),
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: madeUp(),
    };
  }

  static async arrive(options: PersonOptions): Promise<Person> {
    const person = new Person(options);
    const place = join(person.dockerDir, 'tls', new URL(options.trustServer).host);
    await mkdir(person.dockerDir, { recursive: true, mode: 0o700 });
    await mkdir(place, { recursive: true, mode: 0o700 });
    await writeFile(join(place, 'ca.crt'), options.authority);
    return person;
  }

  /** Runs `paraph` with these words, told or not. The status is data. */
  async paraph(words: readonly string[], isTold = true): Promise<Outcome> {
    const { narrator } = this.#options;
    if (isTold) narrator.command(['paraph', ...words].join(' '));
    const shown = isTold ? narrator.transcript() : { write: () => true };
    const stdout = new Copied(shown);
    const stderr = new Copied(shown);
    const status = await this.#options.paraph(words, this.#world(stdout, stderr));
    return { status: status ?? 0, stdout: stdout.text, stderr: stderr.text };
  }

  /** As `paraph`, for what must succeed. */
  async mustParaph(words: readonly string[], isTold = true): Promise<Outcome> {
    const outcome = await this.paraph(words, isTold);
    if (outcome.status === 0) return outcome;
    throw new Failure('INTERNAL', `paraph ${words.join(' ')} failed in the sandbox`, {
      facts: { status: String(outcome.status), said: outcome.stderr },
    });
  }

  #world(stdout: Output, stderr: Output): World {
    const { world } = this.#options;
    return {
      ...world,
      env: { ...this.env },
      stdout,
      stderr,
      stdin: () => Readable.from([]),
      terminalStreams: () => ({ input: Readable.from([]), output: new PassThrough() }),
    };
  }
}

class Copied implements Output {
  text = '';
  readonly #to: Output;

  constructor(to: Output) {
    this.#to = to;
  }

  write(text: string | Uint8Array): unknown {
    this.text += Buffer.from(text).toString();
    return this.#to.write(text);
  }
}

function madeUp(): string {
  return randomBytes(passphraseBytes).toString('base64url');
}
