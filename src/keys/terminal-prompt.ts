// Asking at a terminal without echo. Questions go to the stream for people, never to the one for results.
// What a question names may come from a file of someone else, so control characters are made visible.
// The terminal is in raw mode only while a question is open, and set back whatever happens.
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../errors.ts';
import { HiddenLine, type LineState } from './hidden-line.ts';

/** Port: where passphrases are asked for. One question at a time. */
export interface Terminal {
  /** The answer, which the caller wipes. @throws Failure PASSPHRASE_MISSING when the user gives up */
  ask(question: string): Promise<Buffer>;
  tell(line: string): void;
}

export interface TerminalStreams {
  /** Standard input. */
  readonly input: Readable & { isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown };
  /** Standard error. */
  readonly output: Writable & { isTTY?: boolean };
}

/** A terminal on these streams; undefined unless people type into one and see the other. */
export function openTerminal({ input, output }: TerminalStreams): Terminal | undefined {
  const { setRawMode } = input;
  if (input.isTTY !== true || output.isTTY !== true || setRawMode === undefined) return undefined;
  return {
    ask: async (question) => {
      output.write(visible(question));
      setRawMode.call(input, true);
      try {
        return await readHidden(input);
      } finally {
        setRawMode.call(input, false);
        output.write('\n');
      }
    },
    tell: (line) => {
      output.write(`${visible(line)}\n`);
    },
  };
}

function readHidden(input: Readable): Promise<Buffer> {
  const line = new HiddenLine();
  return new Promise<Buffer>((resolve, reject) => {
    const finish = (state: LineState): void => {
      input.off('data', onData).off('end', onEnd).off('error', onError).pause();
      try {
        if (state === 'done') resolve(line.trimmed());
        else reject(givenUp(state));
      } catch (error) {
        reject(error);
      } finally {
        line.wipe();
      }
    };
    const onData = (chunk: Buffer | string): void => {
      const bytes = Buffer.from(chunk);
      const { state, taken } = takeBytes(line, bytes);
      if (state !== 'typing') {
        // What was typed ahead or pasted belongs to the next question.
        const rest = Buffer.from(bytes.subarray(taken));
        finish(state);
        if (rest.length > 0) input.unshift(rest);
      }
      bytes.fill(0);
      if (typeof chunk !== 'string') chunk.fill(0);
    };
    const onEnd = (): void => finish('ended');
    const onError = (cause: Error): void => {
      finish('ended');
      reject(cause);
    };
    input.on('data', onData).on('end', onEnd).on('error', onError).resume();
  });
}

function takeBytes(line: HiddenLine, bytes: Buffer): { state: LineState; taken: number } {
  let taken = 0;
  for (const byte of bytes) {
    const state = line.take(byte);
    taken += 1;
    if (state !== 'typing') return { state, taken };
  }
  return { state: 'typing', taken };
}

function givenUp(state: LineState): Failure {
  const problem =
    state === 'interrupted' ? 'the question was interrupted' : 'the terminal was closed';
  return new Failure('PASSPHRASE_MISSING', `no passphrase: ${problem}`, {
    remedy: 'Run the command again.',
  });
}

/** Control and formatting characters as `\u{…}`, so that a name cannot rewrite the screen. */
function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
