// Reads TypeScript as text, well enough to see imports and words that stand in code: comments and the
// contents of strings are blanked out, places and line breaks kept. No compiler API is needed for it.

/** What the border rules look at in one source file. `code` has the length of the file's text. */
export interface SourceText {
  readonly code: string;
  readonly imports: readonly ImportEdge[];
  readonly lines: number;
}

export interface ImportEdge {
  /** As written; undefined for a dynamic import whose argument is not one literal. */
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
  readonly line: number;
}

type Context = { readonly kind: 'code' | 'template'; depth: number };

/** Words after which a slash begins a regular expression and not a division. */
const beforeRegExp = /(?:^|[([{,;=:!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|await|yield))\s*$/;

/** Blanks comments, string contents, template texts and regular expressions. */
export function blankText(source: string): string {
  const text = source.split('');
  const out = source.split('');
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to && i < out.length; i += 1) if (out[i] !== '\n') out[i] = ' ';
  };
  const stack: Context[] = [{ kind: 'code', depth: 0 }];
  let at = 0;
  while (at < text.length) {
    const context = stack[stack.length - 1]!;
    const end =
      context.kind === 'template' ? templateStep(text, at, stack) : codeStep(text, at, stack, out);
    if (end.blank) blank(at, end.to);
    at = end.to;
  }
  return out.join('');
}

interface Step {
  readonly to: number;
  readonly blank: boolean;
}

function templateStep(text: readonly string[], at: number, stack: Context[]): Step {
  if (text[at] === '\\') return { to: at + 2, blank: true };
  if (text[at] === '`') {
    stack.pop();
    return { to: at + 1, blank: false };
  }
  if (text[at] === '$' && text[at + 1] === '{') {
    stack.push({ kind: 'code', depth: 0 });
    return { to: at + 2, blank: false };
  }
  return { to: at + 1, blank: true };
}

function codeStep(text: readonly string[], at: number, stack: Context[], out: string[]): Step {
  const char = text[at]!;
  if (char === '/' && text[at + 1] === '/') return { to: lineEnd(text, at), blank: true };
  if (char === '/' && text[at + 1] === '*') return { to: commentEnd(text, at), blank: true };
  if (char === '/' && beforeRegExp.test(out.slice(Math.max(0, at - 40), at).join(''))) {
    return { to: regExpEnd(text, at), blank: true };
  }
  if (char === "'" || char === '"') {
    const end = stringEnd(text, at);
    for (let i = at + 1; i < end - 1; i += 1) out[i] = ' ';
    return { to: end, blank: false };
  }
  const context = stack[stack.length - 1]!;
  if (char === '`') stack.push({ kind: 'template', depth: 0 });
  if (char === '{') context.depth += 1;
  if (char === '}') {
    if (context.depth === 0 && stack.length > 1) stack.pop();
    else context.depth -= 1;
  }
  return { to: at + 1, blank: false };
}

function lineEnd(text: readonly string[], at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function commentEnd(text: readonly string[], at: number): number {
  for (let i = at + 2; i < text.length; i += 1) {
    if (text[i] === '*' && text[i + 1] === '/') return i + 2;
  }
  return text.length;
}

function stringEnd(text: readonly string[], at: number): number {
  for (let i = at + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === text[at] || text[i] === '\n') return i + 1;
  }
  return text.length;
}

function regExpEnd(text: readonly string[], at: number): number {
  let inClass = false;
  for (let i = at + 1; i < text.length && text[i] !== '\n'; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '[') inClass = true;
    else if (text[i] === ']') inClass = false;
    else if (text[i] === '/' && !inClass) return i + 1;
  }
  return at + 1;
}

const fromClause =
  /\b(import|export)(\s+type)?\s+(?:[\w$]+\s*,?\s*)?(?:\{([^}]*)\}|\*(?:\s+as\s+[\w$]+)?)?\s*from\s*(['"])( *)\4/g;
const bareImport = /\bimport\s*(['"])( *)\1/g;
const dynamicImport = /\bimport\s*\(\s*(?:(['"])( *)\1\s*[,)])?/g;

/** Everything that `source` imports, whichever way it is written. */
export function readSource(source: string): SourceText {
  const code = blankText(source);
  const imports: ImportEdge[] = [];
  const add = (index: number, quote: number, length: number, typeOnly: boolean): void => {
    const specifier = length < 0 ? undefined : source.slice(quote + 1, quote + 1 + length);
    imports.push({ specifier, typeOnly, line: code.slice(0, index).split('\n').length });
  };
  for (const match of code.matchAll(fromClause)) {
    const length = match[5]!.length;
    add(match.index, match.index + match[0].length - length - 2, length, isTypeOnly(match));
  }
  for (const match of code.matchAll(bareImport)) {
    const length = match[2]!.length;
    add(match.index, match.index + match[0].length - length - 2, length, false);
  }
  for (const match of code.matchAll(dynamicImport)) {
    const quote = match[1] === undefined ? 0 : match.index + match[0].indexOf(match[1]);
    add(match.index, quote, match[2]?.length ?? -1, false);
  }
  return { code, imports, lines: source.split('\n').length - (source.endsWith('\n') ? 1 : 0) };
}

/** `import type …`, or a list in which each name is marked `type`. */
function isTypeOnly(match: RegExpMatchArray): boolean {
  if (match[2] !== undefined) return true;
  const names = (match[3] ?? '').split(',').map((name) => name.trim());
  const listed = names.filter((name) => name !== '');
  return listed.length > 0 && listed.every((name) => name.startsWith('type '));
}
