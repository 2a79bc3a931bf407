// Asking at a terminal without echo. Questions go to the stream for people, never to the one for results.
// What a question names may come from a file of someone else, so control characters are made visible.
//
// Invariants: no byte typed after a question is shown is echoed, so the terminal is in raw mode before the
// question is written, and stays in it until `close` or a failure: what is typed ahead while a key is being
// derived is a passphrase too. It waits for the next question, in a buffer that is wiped. As the system makes
// no signal of Ctrl-C in raw mode, this does; a terminal that nobody is asked at keeps no process alive.
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../errors.ts';
import { HiddenLine, interruptKey, type LineState } from './hidden-line.ts';

/** Bytes typed or pasted ahead that are kept for the next questions; what is beyond is dropped. */
const maxAheadBytes = 4096;

/** Port: where passphrases are asked for. One question at a time. */
export interface Terminal {
  /** The answer, which the caller wipes. @throws Failure PASSPHRASE_MISSING when the user gives up */
  ask(question: string): Promise<Buffer>;
  tell(line: string): void;
  /** Sets the terminal back as it was and wipes what was typed ahead. It may be asked again later. */
  close(): void;
}

type TerminalInput = Readable & {
  isTTY?: boolean;
  setRawMode?: (isRaw: boolean) => unknown;
  ref?: () => unknown;
  unref?: () => unknown;
};

export interface TerminalStreams {
  /** Standard input. */
  readonly input: TerminalInput;
  /** Standard error; standard output for grammars that ask there. */
  readonly output: Writable & { isTTY?: boolean };
  /** What Ctrl-C does while nobody is asked; by default what it does outside raw mode. */
  readonly interrupt?: () => void;
}

/** A terminal on these streams; undefined unless people type into one and see the other. */
export function openTerminal(streams: TerminalStreams): Terminal | undefined {
  return streams.output.isTTY === true ? openUnseenTerminal(streams) : undefined;
}

/** A terminal on these streams wherever its questions go; undefined unless people type into its input. */
export function openUnseenTerminal(streams: TerminalStreams): Terminal | undefined {
  const { input } = streams;
  const { setRawMode } = input;
  if (input.isTTY !== true || setRawMode === undefined) return undefined;
  return new RawTerminal(streams, (isRaw) => void setRawMode.call(input, isRaw));
}

interface Question {
  readonly line: HiddenLine;
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (reason: unknown) => void;
}

class RawTerminal implements Terminal {
  readonly #input: TerminalInput;
  readonly #output: Writable;
  readonly #setRaw: (isRaw: boolean) => void;
  readonly #interrupt: () => void;
  readonly #ahead = Buffer.alloc(maxAheadBytes);
  #aheadLength = 0;
  #isHeld = false;
  #question: Question | undefined;

  constructor(streams: TerminalStreams, setRaw: (isRaw: boolean) => void) {
    this.#input = streams.input;
    this.#output = streams.output;
    this.#setRaw = setRaw;
    this.#interrupt = streams.interrupt ?? (() => void process.kill(process.pid, 'SIGINT'));
  }

  ask(question: string): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      this.#hold();
      this.#output.write(visible(question));
      this.#question = { line: new HiddenLine(), resolve, reject };
      this.#input.ref?.();
      this.#takeAll(this.#takeAhead());
    });
  }

  tell(line: string): void {
    this.#output.write(`${visible(line)}\n`);
  }

  close(): void {
    this.#ahead.fill(0);
    this.#aheadLength = 0;
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const { onData, onEnd } = this.#listeners;
    this.#input.off('data', onData).off('end', onEnd).off('error', onEnd).pause();
    this.#setRaw(false);
  }

  #hold(): void {
    if (this.#isHeld) return;
    this.#setRaw(true);
    this.#isHeld = true;
    const { onData, onEnd } = this.#listeners;
    this.#input.on('data', onData).on('end', onEnd).on('error', onEnd).resume();
  }

  readonly #listeners = {
    onData: (chunk: Buffer | string): void => this.#takeAll(Buffer.from(chunk), chunk),
    onEnd: (cause?: Error): void => {
      if (this.#question === undefined) this.close();
      else this.#answer('ended', cause);
    },
  };

  /** Takes the bytes one after the other, and wipes them and what they were copied from. */
  #takeAll(bytes: Buffer, original: Buffer | string = ''): void {
    for (const byte of bytes) this.#take(byte);
    bytes.fill(0);
    if (typeof original !== 'string') original.fill(0);
  }

  #take(byte: number): void {
    if (this.#question !== undefined) {
      const state = this.#question.line.take(byte);
      if (state !== 'typing') this.#answer(state);
    } else if (byte === interruptKey) {
      this.close();
      this.#interrupt();
    } else if (this.#isHeld && this.#aheadLength < maxAheadBytes) {
      this.#ahead[this.#aheadLength] = byte;
      this.#aheadLength += 1;
    }
  }

  #takeAhead(): Buffer {
    const bytes = Buffer.from(this.#ahead.subarray(0, this.#aheadLength));
    this.#ahead.fill(0);
    this.#aheadLength = 0;
    return bytes;
  }

  #answer(state: LineState, cause?: Error): void {
    const question = this.#question;
    if (question === undefined) return;
    this.#question = undefined;
    this.#input.unref?.();
    try {
      if (state !== 'done') throw givenUp(state, cause);
      question.resolve(question.line.trimmed());
    } catch (error) {
      this.close();
      question.reject(error);
    } finally {
      question.line.wipe();
      this.#output.write('\n');
    }
  }
}

function givenUp(state: LineState, cause: Error | undefined): Failure {
  const problem =
    state === 'interrupted' ? 'the question was interrupted' : 'the terminal was closed';
  return new Failure('PASSPHRASE_MISSING', `no passphrase: ${problem}`, {
    cause,
    remedy: 'Run the command again.',
  });
}

/** Control and formatting characters as `\u{…}`, so that a name cannot rewrite the screen. */
export function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
