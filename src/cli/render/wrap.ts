// Text cut into lines at spaces.

/** Lines longer than this are hard to read, however wide the terminal. */
export const widestLine = 110;

/**
 * `text` as lines of at most `width` characters, each behind `indent`. Line breaks in the text stay, and a
 * line that begins with two spaces is a command to paste, never cut.
 */
export function wrap(text: string, width: number, indent: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith('  ') ? [line] : fold(line, width - indent.length)))
    .map((line) => indent + line);
}

function fold(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
