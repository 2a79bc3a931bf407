// Where passphrases come from: file, descriptor, environment, then a terminal. The environment and the
// terminal are handed in; nothing is read from the command line, where every user of the machine sees it.
//
// A file or descriptor is named for this one command, so it comes before what the environment may hold since
// long ago: a new key is encrypted with the first.
// Invariants: who gives a passphrase by variable, file or descriptor is never prompted, and each given one
// is tried once for a key; without any source the failure comes at once and names the variables; what was
// typed is kept per key id until `close` and then wiped; everything handed out is a copy that the caller
// wipes. Questions are asked one after the other, however many callers wait.
import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../errors.ts';
import { describeKey, type PassphraseRequest, type PassphraseSource } from './key-store.ts';
import { passphraseFromDescriptor, passphraseFromFile } from './passphrase-input.ts';
import { isLongEnough, minPassphraseCharacters, passphraseStrength } from './passphrase-quality.ts';
import { type Environment, passphraseVariables } from './passphrase-variables.ts';
import type { Terminal } from './terminal-prompt.ts';

/** Questions for one key before giving up, for new and for existing ones. */
const maxQuestions = 3;

export interface PassphraseOptions {
  readonly environment?: Environment;
  /** Path of a file whose first line is the passphrase of every key. */
  readonly file?: string | undefined;
  /** Open descriptor that gives the same. */
  readonly descriptor?: number | undefined;
  /** Absent where there is no terminal. */
  readonly terminal?: Terminal | undefined;
}

interface Given {
  /** Name for messages. */
  readonly from: string;
  readonly bytes: Buffer;
}

const unfitRemedy = `Choose at least ${minPassphraseCharacters} characters; a random one from a password manager is best.`;

export class Passphrases implements PassphraseSource {
  readonly #options: PassphraseOptions;
  readonly #typed = new Map<string, Buffer>();
  #fromDescriptor: Promise<Buffer> | undefined;
  #lastQuestion: Promise<unknown> = Promise.resolve();

  constructor(options: PassphraseOptions) {
    this.#options = options;
  }

  async passphrase(request: PassphraseRequest): Promise<Buffer> {
    const given = await this.#given(request.role);
    if (given.length > 0) return chooseGiven(given, request);
    const { terminal } = this.#options;
    if (terminal === undefined) throw noSource(request);
    const question = this.#lastQuestion.then(() =>
      request.isNew ? this.#askNew(terminal, request) : this.#askExisting(terminal, request),
    );
    this.#lastQuestion = question.catch(() => undefined);
    return question;
  }

  /** Sets the terminal back, and wipes what was typed or read. */
  async close(): Promise<void> {
    this.#options.terminal?.close();
    for (const bytes of this.#typed.values()) bytes.fill(0);
    this.#typed.clear();
    const fromDescriptor = this.#fromDescriptor;
    this.#fromDescriptor = undefined;
    (await fromDescriptor?.catch(() => undefined))?.fill(0);
  }

  /** Every passphrase given without asking that answers for the role, in order, each value once. */
  async #given(role: string): Promise<readonly Given[]> {
    const { environment = {}, file, descriptor } = this.#options;
    const given: Given[] = [];
    if (file !== undefined) {
      given.push({ from: `the file ${file}`, bytes: await passphraseFromFile(file) });
    }
    if (descriptor !== undefined) {
      this.#fromDescriptor ??= passphraseFromDescriptor(descriptor);
      const bytes = Buffer.from(await this.#fromDescriptor);
      given.push({ from: `descriptor ${descriptor}`, bytes });
    }
    for (const name of passphraseVariables(role)) {
      const value = environment[name];
      if (value !== undefined && value !== '')
        given.push({ from: name, bytes: Buffer.from(value) });
    }
    return given.filter(({ bytes }, index) => {
      const isRepeated = given.slice(0, index).some((earlier) => earlier.bytes.equals(bytes));
      if (isRepeated) bytes.fill(0);
      return !isRepeated;
    });
  }

  async #askExisting(terminal: Terminal, request: PassphraseRequest): Promise<Buffer> {
    if (request.attempt > 0) {
      this.#forget(request.keyId);
      if (request.attempt >= maxQuestions) throw wrong('the passphrase typed', request);
      terminal.tell('That passphrase does not open the key.');
    }
    const known = this.#typed.get(request.keyId);
    if (known !== undefined) return Buffer.from(known);
    const typed = await terminal.ask(`Passphrase for ${describeKey(request)}: `);
    this.#remember(request.keyId, typed);
    return typed;
  }

  async #askNew(terminal: Terminal, request: PassphraseRequest): Promise<Buffer> {
    for (let question = 0; question < maxQuestions; question += 1) {
      const typed = await askTwice(terminal, request);
      if (typed !== undefined) {
        this.#remember(request.keyId, typed);
        return typed;
      }
    }
    throw new Failure('PASSPHRASE_UNFIT', `no passphrase was chosen for ${describeKey(request)}`, {
      remedy: unfitRemedy,
    });
  }

  #remember(keyId: string, bytes: Buffer): void {
    this.#forget(keyId);
    if (keyId !== '') this.#typed.set(keyId, Buffer.from(bytes));
  }

  #forget(keyId: string): void {
    this.#typed.get(keyId)?.fill(0);
    this.#typed.delete(keyId);
  }
}

/** Undefined when the two answers cannot be used; the user has been told why. */
async function askTwice(
  terminal: Terminal,
  request: PassphraseRequest,
): Promise<Buffer | undefined> {
  const minimum = `at least ${minPassphraseCharacters} characters`;
  const first = await terminal.ask(`New passphrase for ${describeKey(request)} (${minimum}): `);
  if (!isLongEnough(first)) {
    first.fill(0);
    terminal.tell(`Too short: ${minimum}; a random one from a password manager is best.`);
    return undefined;
  }
  terminal.tell(strengthLine(passphraseStrength(first)));
  const second = await terminal.ask('The same passphrase again: ');
  const isSame = first.length === second.length && timingSafeEqual(first, second);
  second.fill(0);
  if (isSame) return first;
  first.fill(0);
  terminal.tell('The two differ.');
  return undefined;
}

function strengthLine(strength: 'weak' | 'fair' | 'strong'): string {
  if (strength !== 'weak') return `Strength: ${strength}.`;
  return 'Strength: weak. Whoever copies the key file can guess it.';
}

/** The one of the given passphrases whose turn it is; the others are wiped. */
function chooseGiven(given: readonly Given[], request: PassphraseRequest): Buffer {
  const chosen = given[request.attempt];
  for (const { bytes } of given) if (bytes !== chosen?.bytes) bytes.fill(0);
  if (chosen === undefined) {
    throw wrong(`the passphrase in ${given.map(({ from }) => from).join(' or ')}`, request);
  }
  if (request.isNew && !isLongEnough(chosen.bytes)) {
    chosen.bytes.fill(0);
    throw new Failure(
      'PASSPHRASE_UNFIT',
      `the passphrase in ${chosen.from} is too short for a new key`,
      { remedy: unfitRemedy },
    );
  }
  return chosen.bytes;
}

function wrong(what: string, request: PassphraseRequest): Failure {
  return new Failure('PASSPHRASE_WRONG', `${what} does not open ${describeKey(request)}`);
}

function noSource(request: PassphraseRequest): Failure {
  const variables = passphraseVariables(request.role).join(' or ');
  return new Failure(
    'PASSPHRASE_MISSING',
    `no passphrase for ${describeKey(request)}, and no terminal to ask at`,
    { remedy: `Set ${variables}, or give a file or descriptor that holds the passphrase.` },
  );
}
