// The login for the trust server: NOTARY_AUTH, or asked for on stdout and read from stdin, once (client store §6).
//
// Invariants: it is given out for the server of the configuration alone; it is asked for only when a server wants it.
import { Failure } from '../../errors.ts';
import { openAnswers } from '../../keys/piped-answers.ts';
import {
  type CredentialSource,
  type Credentials,
  notaryAuthCredentials,
} from '../../remote/credentials.ts';
import { readLine } from '../line.ts';
import type { World } from '../world.ts';
import type { NotaryConsole } from './console.ts';

/** notary waits this long for a user name. */
const usernameTimeoutMs = 30_000;

export class Login implements CredentialSource {
  readonly #world: World;
  readonly #console: NotaryConsole;
  readonly #host: string;
  #found: Promise<Credentials | undefined> | undefined;

  /** @param host the server with its port */
  constructor(world: World, console: NotaryConsole, host: string) {
    this.#world = world;
    this.#console = console;
    this.#host = host;
  }

  credentials(host: string): Promise<Credentials | undefined> {
    if (host !== this.#host) return Promise.resolve(undefined);
    this.#found ??= this.#find();
    return this.#found;
  }

  async #find(): Promise<Credentials | undefined> {
    const value = this.#world.env['NOTARY_AUTH'] ?? '';
    if (value === '') return this.#ask();
    return notaryAuthCredentials(value, this.#host).credentials(this.#host);
  }

  async #ask(): Promise<Credentials | undefined> {
    this.#console.write('Enter username: ');
    const typed = await readLine(this.#console.stdin, { timeoutMs: usernameTimeoutMs });
    const username = typed?.toString().trim() ?? '';
    if (username === '') return undefined;
    const password = await this.#askPassword();
    return { kind: 'password', username, password };
  }

  /** Hidden at a terminal; from a pipe, the next line. */
  async #askPassword(): Promise<string> {
    const streams = this.#world.terminalStreams('stdout');
    const answers = openAnswers(streams, { answersFrom: 'input' });
    if (answers === undefined) throw new Failure('UNAUTHORIZED', 'no password was given');
    try {
      const typed = await answers.ask('Enter password: ');
      const password = typed.toString();
      typed.fill(0);
      return password;
    } finally {
      answers.close();
    }
  }
}
