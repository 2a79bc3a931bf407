// Whole numbers as Go's strconv reads them, with its words for what is none.
import { goQuote } from './quote.ts';

export type ReadInteger =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'wrong'; readonly message: string };

const max = 2n ** 63n - 1n;
const min = -(2n ** 63n);

const decimal = /^[+-]?\d+$/;
/** With base prefixes; an underscore may stand after a prefix or between two digits. */
const prefixed =
  /^[+-]?(?:0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])*|[1-9](?:_?\d)*)$/;
const onlyPrefix = /^[+-]?0[oO]$/;

/** 64 bits, ten as the base. */
export function goAtoi(text: string): ReadInteger {
  return read(text, 'Atoi', decimal.test(text));
}

/** 64 bits, in the base that a prefix (`0x`, `0b`, `0o`, `0`) says: Go's `ParseInt(text, 0, 64)`. */
export function goParseInt(text: string): ReadInteger {
  return read(text, 'ParseInt', prefixed.test(text) && !onlyPrefix.test(text));
}

function read(text: string, caller: 'Atoi' | 'ParseInt', isSound: boolean): ReadInteger {
  const wrong = (why: string): ReadInteger => ({
    kind: 'wrong',
    message: `strconv.${caller}: parsing ${goQuote(text)}: ${why}`,
  });
  if (!isSound) return wrong('invalid syntax');
  const isNegative = text.startsWith('-');
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '');
  // A number that begins with 0 is octal for ParseInt; BigInt knows it as 0o.
  const isOctal = caller === 'ParseInt' && /^0\d/.test(digits);
  const magnitude = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  const value = isNegative ? -magnitude : magnitude;
  return value > max || value < min ? wrong('value out of range') : { kind: 'integer', value };
}
