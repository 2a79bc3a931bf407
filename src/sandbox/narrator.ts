// How the sandbox tells its story: numbered acts, sentences, and the transcripts of real commands.
import { createColors } from 'picocolors';
import { wrap } from '../cli/render/wrap.ts';
import type { Output } from '../cli/world.ts';

const margin = '   ';
const widest = 100;

export class Narrator {
  readonly #output: Output;
  readonly #colours: ReturnType<typeof createColors>;
  #acts = 0;

  constructor(output: Output, hasColour: boolean) {
    this.#output = output;
    this.#colours = createColors(hasColour && output.isTTY === true);
  }

  /** Begins the next act. */
  act(title: string): void {
    this.#acts += 1;
    const number = `${this.#acts}.`.padEnd(margin.length);
    this.#output.write(`\n${this.#colours.bold(`${number}${title}`)}\n`);
  }

  say(text: string): void {
    this.#output.write(`${wrap(text, widest, margin).join('\n')}\n`);
  }

  /** What came of an attack, in a word that stands out. */
  verdict(word: string, text: string): void {
    const [first = '', ...rest] = wrap(`${word} ${text}`, widest, margin);
    const marked = first.replace(word, this.#colours.green(word));
    this.#output.write(`${[marked, ...rest].join('\n')}\n`);
  }

  /** A command as it would be typed. */
  command(text: string): void {
    this.#output.write(`${margin}${this.#colours.cyan(`$ ${text}`)}\n`);
  }

  /** Lines that are not to be cut, such as those to paste. */
  lines(lines: readonly string[]): void {
    this.#output.write(`${lines.map((line) => (line === '' ? '' : margin + line)).join('\n')}\n`);
  }

  /** Takes what a command prints and sets it in. */
  transcript(): Output {
    let isLineStart = true;
    return {
      write: (text: string) => {
        for (const piece of text.split(/(?<=\n)/)) {
          if (piece === '') continue;
          this.#output.write(isLineStart ? margin + piece : piece);
          isLineStart = piece.endsWith('\n');
        }
        return true;
      },
    };
  }
}
