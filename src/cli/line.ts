// One line from stdin, whether somebody types it or a script has written it; what comes after it is left there.
import type { Readable } from 'node:stream';
import { Failure } from '../errors.ts';

/** Answers and logins are short; a stream without line ends must not fill the memory. */
const maxLineBytes = 64 * 1024;
const lineFeed = 0x0a;

/** Standard input, which keeps the process alive while it is waited for, and not longer. */
type LineInput = Readable & { readonly ref?: () => unknown; readonly unref?: () => unknown };

export interface LineWait {
  /** After this long, the answer is as good as none. */
  readonly timeoutMs: number;
}

/**
 * The line without its end, or what stands before the end of the stream; undefined when there is nothing more, or nothing
 * in time.
 * @throws Failure DISK when the stream fails, INTERNAL for a line beyond 64 KiB
 */
export function readLine(stdin: LineInput, wait?: LineWait): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      stdin.off('data', onData).off('end', onEnd).off('error', onError).pause();
      // A pipe that stays open keeps a process alive even when nobody reads it.
      stdin.unref?.();
      finish();
    };
    const onData = (data: Buffer | string): void => {
      const chunk = Buffer.from(data);
      const end = chunk.indexOf(lineFeed);
      chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
      length += chunk.length;
      if (end >= 0) {
        settle(() => {
          if (end + 1 < chunk.length) stdin.unshift(chunk.subarray(end + 1));
          resolve(lineOf(chunks));
        });
      } else if (length > maxLineBytes) {
        settle(() => reject(new Failure('INTERNAL', 'a line on stdin is longer than 64 KiB')));
      }
    };
    const onEnd = (): void => settle(() => resolve(length === 0 ? undefined : lineOf(chunks)));
    const onError = (cause: Error): void =>
      settle(() => reject(new Failure('DISK', 'stdin cannot be read', { cause })));
    const timer = wait && setTimeout(() => settle(() => resolve(undefined)), wait.timeoutMs);
    stdin.ref?.();
    if (stdin.readableEnded || stdin.destroyed) onEnd();
    else stdin.on('data', onData).on('end', onEnd).on('error', onError).resume();
  });
}

function lineOf(chunks: readonly Buffer[]): Buffer {
  const line = Buffer.concat(chunks);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}
