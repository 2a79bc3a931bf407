// Where passphrases come from: file, descriptor, environment, then a terminal. The environment and the
// terminal are handed in; nothing is read from the command line, where every user of the machine sees it.
//
// A file or descriptor is named for this one command, so it comes before what the environment may hold since
// long ago: a new key is encrypted with the first.
// Invariants: who gives a passphrase by variable, file or descriptor is never prompted, and each given one
// is tried once for a key; without any source the failure comes at once and names the variables; what was
// typed is kept until `close` and then wiped, under the name that the voice of the grammar gives it; everything handed out is a copy that the caller
// wipes. Questions are asked one after the other, however many callers wait.
import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../errors.ts';
import { describeKey, type PassphraseRequest, type PassphraseSource } from './key-store.ts';
import { passphraseFromDescriptor, passphraseFromFile } from './passphrase-input.ts';
import { minPassphraseCharacters } from './passphrase-quality.ts';
import type { Environment } from './passphrase-variables.ts';
import { type PassphraseVoice, paraphVoice } from './passphrase-voice.ts';
import type { Terminal } from './terminal-prompt.ts';

export interface PassphraseOptions {
  /** The words, by default those of `paraph`. */
  readonly voice?: PassphraseVoice;
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
  readonly #voice: PassphraseVoice;
  readonly #typed = new Map<string, Buffer>();
  #fromDescriptor: Promise<Buffer> | undefined;
  #lastQuestion: Promise<unknown> = Promise.resolve();
  #isWarned = false;

  constructor(options: PassphraseOptions) {
    this.#options = options;
    this.#voice = options.voice ?? paraphVoice;
  }

  async passphrase(request: PassphraseRequest): Promise<Buffer> {
    const given = request.isChange === true ? [] : await this.#given(request.role);
    if (given.length > 0) return this.#chooseGiven(given, request);
    const { terminal } = this.#options;
    if (terminal === undefined) throw this.#noSource(request);
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
    for (const name of this.#voice.variablesFor(role)) {
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

  /** The one of the given passphrases whose turn it is; the others are wiped. */
  #chooseGiven(given: readonly Given[], request: PassphraseRequest): Buffer {
    const chosen = given[request.attempt];
    for (const { bytes } of given) if (bytes !== chosen?.bytes) bytes.fill(0);
    if (chosen === undefined) {
      const sources = given.map(({ from }) => from).join(' or ');
      throw this.#refused(`the passphrase in ${sources}`, request);
    }
    const isJudged = request.isNew && this.#voice.judgesGiven;
    if (isJudged && !this.#voice.isLongEnough(chosen.bytes)) {
      chosen.bytes.fill(0);
      throw new Failure(
        'PASSPHRASE_UNFIT',
        `the passphrase in ${chosen.from} is too short for a new key`,
        { remedy: unfitRemedy },
      );
    }
    return chosen.bytes;
  }

  async #askExisting(terminal: Terminal, request: PassphraseRequest): Promise<Buffer> {
    if (request.attempt > 0) {
      this.#forget(request);
      if (request.attempt >= this.#voice.maxQuestions.existing) {
        throw this.#refused('the passphrase typed', request);
      }
      terminal.tell(this.#voice.incorrect);
    }
    const known = this.#recall(request);
    if (known !== undefined) return known;
    const typed = await terminal.ask(this.#voice.question(request));
    this.#remember(request, typed);
    return typed;
  }

  async #askNew(terminal: Terminal, request: PassphraseRequest): Promise<Buffer> {
    if (request.role === 'root' && !this.#isWarned) {
      this.#isWarned = true;
      for (const line of this.#voice.rootWarning) terminal.tell(line);
    }
    const isReused = this.#voice.reusesForNewKeys && request.isChange !== true;
    const known = isReused ? this.#recall(request) : undefined;
    if (known !== undefined) return known;
    for (let question = 0; question < this.#voice.maxQuestions.chosen; question += 1) {
      const typed = await this.#askTwice(terminal, request);
      if (typed !== undefined) {
        this.#remember(request, typed);
        return typed;
      }
    }
    throw new Failure('PASSPHRASE_UNFIT', this.#voice.unchosen(request), { remedy: unfitRemedy });
  }

  /** Undefined when the two answers cannot be used; the user has been told why. */
  async #askTwice(terminal: Terminal, request: PassphraseRequest): Promise<Buffer | undefined> {
    const voice = this.#voice;
    const first = await terminal.ask(voice.newQuestion(request));
    if (!voice.isLongEnough(first)) {
      first.fill(0);
      terminal.tell(voice.tooShort);
      return undefined;
    }
    for (const line of voice.praise(first)) terminal.tell(line);
    const second = await terminal.ask(voice.repeat(request));
    const isSame = first.length === second.length && timingSafeEqual(first, second);
    second.fill(0);
    if (isSame) return first;
    first.fill(0);
    terminal.tell(voice.mismatch);
    return undefined;
  }

  #recall(request: PassphraseRequest): Buffer | undefined {
    const known = this.#typed.get(this.#voice.keptAs(request) ?? '');
    return known === undefined ? undefined : Buffer.from(known);
  }

  #remember(request: PassphraseRequest, bytes: Buffer): void {
    this.#forget(request);
    const name = this.#voice.keptAs(request);
    if (name !== undefined) this.#typed.set(name, Buffer.from(bytes));
  }

  #forget(request: PassphraseRequest): void {
    const name = this.#voice.keptAs(request) ?? '';
    this.#typed.get(name)?.fill(0);
    this.#typed.delete(name);
  }

  #refused(what: string, request: PassphraseRequest): Failure {
    const facts = { key: describeKey(request), passphrase: what };
    return new Failure('PASSPHRASE_WRONG', this.#voice.refused(what, request), { facts });
  }

  #noSource(request: PassphraseRequest): Failure {
    const variables = this.#voice.variablesFor(request.role).join(' or ');
    const remedy =
      request.isChange === true
        ? 'Run the command at a terminal: variables tell the passphrase that the key has now.'
        : `Set ${variables}, or give a file or descriptor that holds the passphrase.`;
    const facts = { key: describeKey(request) };
    return new Failure('PASSPHRASE_MISSING', this.#voice.missing(request), { facts, remedy });
  }
}
