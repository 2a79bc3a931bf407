// The order in which docker shows tags: numbers inside them by value, everything else byte by byte.

/** Negative when `a` comes first. */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [piecesOf(a), piecesOf(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const difference = comparePieces(left[index] ?? '', right[index] ?? '');
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Runs of digits, and single characters. */
function piecesOf(text: string): readonly string[] {
  return text.match(/\d+|\D/g) ?? [];
}

function comparePieces(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d/.test(a), /^\d/.test(b)];
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  if (!isNumber) return order(a, b);
  const [value, otherValue] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  const byValue = value.length - otherValue.length || order(value, otherValue);
  // Of two spellings of one number, that with fewer zeros.
  return byValue || a.length - b.length;
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
