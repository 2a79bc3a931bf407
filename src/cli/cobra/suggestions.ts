// Commands that someone may have meant who typed something else, as cobra suggests them.
import { type CommandSpec, commandName } from './command.ts';

/** Most edits between what was typed and what may have been meant. */
const maxDistance = 2;

/** Names of commands that are close to `typed` or begin with it, in the order of the table. */
export function suggestionsFor(
  typed: string,
  commands: readonly CommandSpec<unknown>[],
): readonly string[] {
  const wanted = typed.toLowerCase();
  return commands
    .map(commandName)
    .filter(
      (name) =>
        distance(wanted, name.toLowerCase()) <= maxDistance ||
        name.toLowerCase().startsWith(wanted),
    );
}

/** Levenshtein's: insertions, deletions and replacements of characters. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [before, letter] of Array.from(from).entries()) {
    const next = [before + 1];
    for (let index = 1; index <= to.length; index += 1) {
      const replaced = (row[index - 1] ?? 0) + Number(to[index - 1] !== letter);
      next.push(Math.min(replaced, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
