// The last gate before a terminal: whatever a server, registry, file or publisher wrote is shown with
// its control and direction characters escaped, so that it cannot move the cursor or pose as our words.
import { shown } from '../../remote/foreign-text.ts';

/** Longest text of one piece that an error or a table shows. */
const maxShownChars = 2000;

/** `text` on one line, fit to be shown. */
export function safe(text: string): string {
  return shown(text, maxShownChars);
}

/** As `safe`, keeping line breaks and the indentation of each line: for sentences of our own. */
export function safeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => `${/^ */.exec(line)?.[0] ?? ''}${safe(line)}`)
    .join('\n');
}

const unfitInJson = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu;

/** JSON of `value`, with every character that a terminal might obey in its escaped form. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(unfitInJson, (char) =>
    Array.from({ length: char.length }, (_, index) => escapedUnit(char, index)).join(''),
  );
}

function escapedUnit(char: string, index: number): string {
  return `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`;
}
