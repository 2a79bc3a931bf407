// Words of other machines (server errors, header values, helper output) made fit to be shown.
//
// An attacker controls every character that comes in. Invariant: what leaves here has no character that
// moves a cursor, changes the direction of text or hides itself, and is never longer than asked for.

const maxShownChars = 300;

/** Controls, line and paragraph separators, surrogates, format characters (bidi, zero width), private use. */
const unfit = /[\p{C}\p{Zl}\p{Zp}]/gu;

function escaped(char: string): string {
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}

/** `text` on one line, unfit characters as `\u{hex}`, cut to `maxChars` with an ellipsis. */
export function shown(text: string, maxChars: number = maxShownChars): string {
  const oneLine = text
    .slice(0, maxChars * 2)
    .replace(/[\r\n\t]+/g, ' ')
    .trim()
    .replace(unfit, escaped);
  if (oneLine.length <= maxChars && text.length <= maxChars * 2) return oneLine;
  return `${oneLine.slice(0, maxChars - 1)}…`;
}

/** A URL without what may be secret in it: user information, query and fragment are left out. */
export function shownUrl(url: URL): string {
  return shown(`${url.origin}${url.pathname}`);
}

/**
 * An address as somebody wrote it, which was not understood; `instead` for one that could hold a login or token: what follows
 * from its parts cannot be known then.
 */
export function shownAddress(text: string, instead: string): string {
  return /[@?#]/.test(text) ? instead : shown(text, 120);
}
