// What the flags of a call say. Values are read as pflag reads them; a wrong one is told in Go's words.
import { Failure } from '../../errors.ts';
import { goAtoi, goParseInt } from '../go-text/integer.ts';
import { goQuote } from '../go-text/quote.ts';
import type { FlagSpec } from './command.ts';
import { readCsvRecord } from './csv-list.ts';

type FlagValue = boolean | string | bigint | readonly string[] | readonly bigint[];

const truths: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falsehoods: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export class FlagValues {
  readonly #specs: ReadonlyMap<string, FlagSpec>;
  readonly #values = new Map<string, FlagValue>();

  constructor(specs: readonly FlagSpec[]) {
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
  }

  /** Whether the flag was given, with whatever value. */
  isGiven(name: string): boolean {
    return this.#values.has(this.#spec(name, name).name);
  }

  isOn(name: string): boolean {
    this.#spec(name, 'bool');
    return this.#values.get(name) === true;
  }

  /** The text of a flag, its default or the empty text. */
  text(name: string): string {
    const { byDefault = '' } = this.#spec(name, 'string');
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : byDefault;
  }

  integer(name: string): bigint {
    this.#spec(name, 'int');
    const value = this.#values.get(name);
    return typeof value === 'bigint' ? value : 0n;
  }

  /** Empty when the flag was not given, and when it was given as the empty text: see `isGiven`. */
  list(name: string): readonly string[] {
    this.#spec(name, 'strings');
    return this.#items(name).flatMap((item) => (typeof item === 'string' ? [item] : []));
  }

  /** As `list`, of a flag whose every text is one item. */
  words(name: string): readonly string[] {
    this.#spec(name, 'words');
    return this.#items(name).flatMap((item) => (typeof item === 'string' ? [item] : []));
  }

  integers(name: string): readonly bigint[] {
    this.#spec(name, 'ints');
    return this.#items(name).flatMap((item) => (typeof item === 'bigint' ? [item] : []));
  }

  /** Sets a flag from its text; lists grow. Returns what is wrong with the text, in Go's words. */
  set(spec: FlagSpec, text: string): string | undefined {
    const read = this.#read(spec, text);
    if (read.kind === 'value') {
      this.#values.set(spec.name, read.value);
      return undefined;
    }
    const { shorthand, name } = spec;
    const shown = shorthand === undefined ? `--${name}` : `-${shorthand}, --${name}`;
    return `invalid argument ${goQuote(text)} for "${shown}" flag: ${read.message}`;
  }

  #read({ kind, name }: FlagSpec, text: string): ReadValue {
    if (kind === 'bool') return readBool(text);
    if (kind === 'int') return numeric(goParseInt(text));
    if (kind === 'strings') {
      const record = text === '' ? { kind: 'fields' as const, fields: [] } : readCsvRecord(text);
      if (record.kind === 'wrong') return record;
      return accepted([...this.list(name), ...record.fields]);
    }
    if (kind === 'words') return accepted([...this.words(name), text]);
    if (kind === 'ints') {
      const numbers = text.split(',').map(goAtoi);
      const wrong = numbers.find((number) => number.kind === 'wrong');
      if (wrong !== undefined) return wrong;
      const read = numbers.flatMap((number) => (number.kind === 'integer' ? [number.value] : []));
      return accepted([...this.integers(name), ...read]);
    }
    return accepted(text);
  }

  #items(name: string): readonly (string | bigint)[] {
    const value = this.#values.get(name);
    return typeof value === 'object' ? value : [];
  }

  /** A body that asks for a flag that its command does not have is a defect. */
  #spec(name: string, kind: string): FlagSpec {
    const spec = this.#specs.get(name);
    if (spec !== undefined && (kind === name || spec.kind === kind)) return spec;
    throw new Failure('INTERNAL', `there is no ${kind} flag --${name} here`);
  }
}

type ReadValue =
  | { readonly kind: 'value'; readonly value: FlagValue }
  | { readonly kind: 'wrong'; readonly message: string };

function accepted(read: FlagValue): ReadValue {
  return { kind: 'value', value: read };
}

function readBool(text: string): ReadValue {
  if (truths.has(text)) return accepted(true);
  if (falsehoods.has(text)) return accepted(false);
  const message = `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;
  return { kind: 'wrong', message };
}

function numeric(read: ReturnType<typeof goParseInt>): ReadValue {
  return read.kind === 'wrong' ? read : accepted(read.value);
}
