// Answers that come through a pipe or from a file, one line for each question, as docker takes them (docker
// trust §7); and the choice between that and a terminal. Docker loses what a pipe holds beyond the first
// answer; here it stays in the stream, for the next question or another reader.
//
// Invariants: no byte beyond the line is taken from the stream, and the line lives in one buffer that is wiped;
// an input that ends without a line ends the question, which docker asks eleven times more.
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../errors.ts';
import type { PassphraseVoice } from './passphrase-voice.ts';
import {
  openTerminal,
  openUnseenTerminal,
  type Terminal,
  type TerminalStreams,
  visible,
} from './terminal-prompt.ts';
import { trimmedCopy } from './white-space.ts';

/** More than any passphrase; a pipe that holds something else must not be read without end. */
const maxBytes = 1024;

const lineFeed = 0x0a;

/** Where a grammar gets its answers; undefined where it would not ask. */
export function openAnswers(
  streams: TerminalStreams,
  voice: Pick<PassphraseVoice, 'answersFrom'>,
): Terminal | undefined {
  if (voice.answersFrom === 'seen-terminal') return openTerminal(streams);
  const terminal = openUnseenTerminal(streams);
  if (terminal !== undefined || voice.answersFrom === 'terminal') return terminal;
  return new PipedAnswers(streams);
}

class PipedAnswers implements Terminal {
  readonly #input: TerminalStreams['input'];
  readonly #output: Writable;

  constructor({ input, output }: TerminalStreams) {
    this.#input = input;
    this.#output = output;
  }

  async ask(question: string): Promise<Buffer> {
    this.#output.write(visible(question));
    this.#input.ref?.();
    const line = Buffer.alloc(maxBytes);
    try {
      const length = await this.#readLine(line);
      return trimmedCopy(line.subarray(0, length));
    } finally {
      line.fill(0);
      this.#input.unref?.();
      this.#output.write('\n');
    }
  }

  tell(line: string): void {
    this.#output.write(`${visible(line)}\n`);
  }

  close(): void {
    // Nothing is held between two questions.
  }

  /** Length of the line that was put into `line`, without its end. */
  async #readLine(line: Buffer): Promise<number> {
    for (let length = 0; ; ) {
      const byte = nextByte(this.#input);
      if (byte === lineFeed) return length;
      if (byte !== undefined) {
        if (length === maxBytes) {
          throw new Failure('PASSPHRASE_UNFIT', `a passphrase has at most ${maxBytes} bytes`);
        }
        line[length] = byte;
        length += 1;
      } else if (!(await hasMore(this.#input))) {
        if (length > 0) return length;
        throw new Failure('PASSPHRASE_MISSING', 'no passphrase: the input ended', {
          remedy: 'Give one line for each question, or set the variable for this key.',
        });
      }
    }
  }
}

function nextByte(input: Readable): number | undefined {
  const bytes: unknown = input.read(1);
  if (!Buffer.isBuffer(bytes)) return undefined;
  const byte = bytes[0];
  bytes.fill(0);
  return byte;
}

/** Waits until there is something to read; false at the end of the input. */
function hasMore(input: Readable): Promise<boolean> {
  if (input.readableEnded || input.destroyed) return Promise.resolve(false);
  if (input.readableLength > 0) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      input.off('readable', onReadable).off('end', onEnd).off('error', onError);
      act();
    };
    const onReadable = settle(() => resolve(true));
    const onEnd = settle(() => resolve(false));
    const onError = (cause: unknown): void =>
      settle(() =>
        reject(new Failure('PASSPHRASE_MISSING', 'no passphrase: the input failed', { cause })),
      )();
    input.on('readable', onReadable).on('end', onEnd).on('error', onError);
  });
}
