// Reads the words after a command as pflag does: flags may stand anywhere, `--` ends them, a value follows its flag
// in the next word, after `=`, or stuck to a letter.
import { goQuoteCharacter } from '../go-text/quote.ts';
import type { FlagSpec } from './command.ts';
import { FlagValues } from './flag-values.ts';

export type ParsedFlags =
  | { readonly kind: 'parsed'; readonly flags: FlagValues; readonly args: readonly string[] }
  /** pflag's words. */
  | { readonly kind: 'wrong'; readonly message: string };

/** Whether a flag needs no value. */
export function standsAlone({ kind }: FlagSpec): boolean {
  return kind === 'bool';
}

export function parseFlags(words: readonly string[], specs: readonly FlagSpec[]): ParsedFlags {
  return new FlagParser(words, specs).parse();
}

class FlagParser {
  readonly #specs: readonly FlagSpec[];
  readonly #waiting: string[];
  readonly #flags: FlagValues;
  readonly #args: string[] = [];

  constructor(words: readonly string[], specs: readonly FlagSpec[]) {
    this.#specs = specs;
    this.#waiting = [...words];
    this.#flags = new FlagValues(specs);
  }

  parse(): ParsedFlags {
    for (let word = this.#waiting.shift(); word !== undefined; word = this.#waiting.shift()) {
      if (word === '--') {
        this.#args.push(...this.#waiting.splice(0));
      } else if (!word.startsWith('-') || word === '-') {
        this.#args.push(word);
      } else {
        const message = word.startsWith('--') ? this.#long(word) : this.#letters(word.slice(1));
        if (message !== undefined) return { kind: 'wrong', message };
      }
    }
    return { kind: 'parsed', flags: this.#flags, args: this.#args };
  }

  #long(word: string): string | undefined {
    const [, name = '', value] = /^--([^=]*)(?:=([^]*))?$/.exec(word) ?? [];
    if (name === '' || name.startsWith('-')) return `bad flag syntax: ${word}`;
    const spec = this.#specs.find((candidate) => candidate.name === name);
    if (spec === undefined) return `unknown flag: --${name}`;
    const text = value ?? (standsAlone(spec) ? 'true' : this.#waiting.shift());
    return text === undefined ? `flag needs an argument: ${word}` : this.#flags.set(spec, text);
  }

  /** `-abc`: letters that stand alone, the last may take a value. */
  #letters(word: string): string | undefined {
    let letters = word;
    while (letters !== '') {
      const [letter = ''] = letters;
      const spec = this.#specs.find(({ shorthand }) => shorthand === letter);
      // pflag looks at the first byte, whatever it is of.
      const shown = goQuoteCharacter(Buffer.from(letter).toString('latin1').charAt(0));
      if (spec === undefined) return `unknown shorthand flag: ${shown} in -${letters}`;
      const rest = letters.slice(1);
      letters = '';
      let text: string | undefined;
      if (rest.length > 1 && rest.startsWith('=')) text = rest.slice(1);
      else if (standsAlone(spec)) {
        text = 'true';
        letters = rest;
      } else text = rest === '' ? this.#waiting.shift() : rest;
      if (text === undefined) return `flag needs an argument: ${shown} in -${letter}`;
      const message = this.#flags.set(spec, text);
      if (message !== undefined) return message;
    }
    return undefined;
  }
}
