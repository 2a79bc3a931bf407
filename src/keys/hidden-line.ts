// The editing of one line that is typed without echo: bytes of a terminal in raw mode go in, the bytes of
// the line come out. Pure. The line lives in one buffer that is wiped.
import { Failure } from '../errors.ts';
import { trimmedCopy } from './white-space.ts';

/** More than any passphrase; a paste of something else must not grow without end. */
const maxBytes = 1024;

const keys = {
  interrupt: 0x03,
  endOfInput: 0x04,
  backspace: 0x08,
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  clearLine: 0x15,
  escape: 0x1b,
  space: 0x20,
  delete: 0x7f,
} as const;

/** Ctrl-C. */
export const interruptKey: number = keys.interrupt;

/** Where in an escape sequence of a cursor or function key the input is. */
type Escape = 'none' | 'begun' | 'inside';

export type LineState = 'typing' | 'done' | 'interrupted' | 'ended';

export class HiddenLine {
  readonly #bytes = Buffer.alloc(maxBytes);
  #length = 0;
  #isOverlong = false;
  #escape: Escape = 'none';

  /** Takes one byte and says whether the line goes on. */
  take(byte: number): LineState {
    if (this.#isInEscape(byte)) return 'typing';
    switch (byte) {
      case keys.carriageReturn:
      case keys.lineFeed:
        return 'done';
      case keys.interrupt:
        return 'interrupted';
      case keys.endOfInput:
        return this.#length === 0 ? 'ended' : 'typing';
      case keys.backspace:
      case keys.delete:
        this.#dropCharacter();
        return 'typing';
      case keys.clearLine:
        this.wipe();
        return 'typing';
      default:
        if (byte >= keys.space || byte === keys.tab) this.#append(byte);
        return 'typing';
    }
  }

  /**
   * The line without white space around it, as Go trims what is typed, in a buffer of its own.
   * @throws Failure PASSPHRASE_UNFIT when it was longer than 1024 bytes
   */
  trimmed(): Buffer {
    if (this.#isOverlong) {
      throw new Failure('PASSPHRASE_UNFIT', `a passphrase has at most ${maxBytes} bytes`);
    }
    return trimmedCopy(this.#bytes.subarray(0, this.#length));
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#length = 0;
    this.#isOverlong = false;
  }

  /** A cursor key sends ESC [ … letter; none of it belongs to the line. */
  #isInEscape(byte: number): boolean {
    if (this.#escape === 'begun') {
      const opensSequence = byte === 0x5b || byte === 0x4f;
      this.#escape = opensSequence ? 'inside' : 'none';
      return true;
    }
    if (this.#escape === 'inside') {
      if (byte >= 0x40 && byte <= 0x7e) this.#escape = 'none';
      return true;
    }
    if (byte !== keys.escape) return false;
    this.#escape = 'begun';
    return true;
  }

  #append(byte: number): void {
    if (this.#length === maxBytes) this.#isOverlong = true;
    else {
      this.#bytes[this.#length] = byte;
      this.#length += 1;
    }
  }

  #dropCharacter(): void {
    let isContinuation = true;
    while (this.#length > 0 && isContinuation) {
      this.#length -= 1;
      isContinuation = ((this.#bytes[this.#length] ?? 0) & 0xc0) === 0x80;
      this.#bytes[this.#length] = 0;
    }
  }
}
