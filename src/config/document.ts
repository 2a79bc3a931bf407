// Configuration files as a tree: JSON, YAML and TOML by extension, read once and bounded in size and depth. Names
// stand as they were written; what a setting means, and whether case counts, is for whoever reads the tree.
//
// Invariants: a name that occurs twice in one table is refused, because two readers could choose differently; no
// failure quotes the file, which may hold a password.
import { extname } from 'node:path';
import type { Parser } from 'yaml';
import { type JsonValue, parseJson } from '../encoding/strict-json.ts';
import { Failure, isFailure } from '../errors.ts';
import { readNamedFile } from './named-file.ts';

/** Far above any real configuration; keeps a mistaken path (a database, a log) from being read whole. */
const maxConfigBytes = 1024 * 1024;
const maxConfigDepth = 32;
/**
 * What the reader of YAML takes: it recurses, so that deep nesting ends the process, and compares every name with every
 * other. A real configuration has some hundred parts.
 */
const maxYamlDepth = 2 * maxConfigDepth;
const maxYamlParts = 20_000;

/**
 * The tree of `file`; null when there is nothing in it.
 * @throws Failure CONFIG_INVALID: unreadable (the system's error is the cause), larger than 1 MiB, of another format
 */
export async function readConfigDocument(file: string): Promise<JsonValue> {
  const { bytes } = await readNamedFile(file, 'configuration file', maxConfigBytes);
  return plainValue(await parse(file, bytes), file, 0);
}

async function parse(file: string, bytes: Buffer): Promise<unknown> {
  try {
    switch (extname(file).toLowerCase()) {
      case '.json':
        return parseJson(bytes, { maxBytes: maxConfigBytes });
      case '.yaml':
      case '.yml':
        return await parseYaml(utf8(bytes));
      case '.toml':
        return await parseToml(utf8(bytes));
      default:
    }
  } catch (error) {
    // Not as the cause: the log prints causes, and a parser's words quote the line, perhaps with a password in it.
    const problem = isFailure(error) ? error.message : 'it is not well-formed';
    throw new Failure('CONFIG_INVALID', `configuration file ${file} cannot be parsed: ${problem}`);
  }
  throw new Failure(
    'CONFIG_INVALID',
    `configuration file ${file} does not end in .json, .yaml, .yml or .toml`,
  );
}

async function parseYaml(text: string): Promise<unknown> {
  const { Lexer, parseDocument, Parser } = await import('yaml');
  refuseExcess(new Lexer().lex(text), new Parser());
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  // A warning means that a value is not what stands in the file, for example for a tag before it.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem === undefined) return document.toJS({ mapAsMap: true });
  const kind = problem.code.toLowerCase().replaceAll('_', ' ');
  return refuseAt(kind, problem.linePos?.[0].line, problem.linePos?.[0].col);
}

/** `parts` and `parser` are those of the reader itself, which up to here go without recursion. */
function refuseExcess(parts: Iterable<string>, parser: Parser): void {
  let count = 0;
  for (const part of parts) {
    for (const _ of parser.next(part));
    count += 1;
    if (parser.stack.length > maxYamlDepth)
      throw new Failure('CONFIG_INVALID', 'it nests too deep');
    if (count > maxYamlParts) throw new Failure('CONFIG_INVALID', 'it has too many parts');
  }
}

async function parseToml(text: string): Promise<unknown> {
  const { parse: parseText, TomlError } = await import('smol-toml');
  try {
    return parseText(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Its first line is one of a few fixed sentences; the lines of the file come after.
    const [sentence = ''] = error.message.split('\n', 1);
    return refuseAt(sentence, error.line, error.column);
  }
}

function refuseAt(problem: string, line: number | undefined, column: number | undefined): never {
  const place = line === undefined ? '' : ` at line ${line}, column ${column}`;
  throw new Failure('CONFIG_INVALID', `${problem}${place}`);
}

function utf8(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/** The values that JSON has, whatever the format: what the others have beyond them is no setting. */
function plainValue(value: unknown, path: string, depth: number): JsonValue {
  if (depth > maxConfigDepth) throw new Failure('CONFIG_INVALID', `${path} nests too deep`);
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => plainValue(item, `${path}[${index}]`, depth + 1));
  }
  if (typeof value === 'object' && !(value instanceof Date)) {
    const members: Iterable<readonly [unknown, unknown]> =
      value instanceof Map ? value : Object.entries(value);
    return plainTable(members, path, depth);
  }
  throw new Failure('CONFIG_INVALID', `${path} has a value of a kind that no setting takes`);
}

function plainTable(
  members: Iterable<readonly [unknown, unknown]>,
  path: string,
  depth: number,
): ReadonlyMap<string, JsonValue> {
  const table = new Map<string, JsonValue>();
  for (const [key, member] of members) {
    if (typeof key !== 'string' && typeof key !== 'number') {
      throw new Failure('CONFIG_INVALID', `${path} has a name that is not text`);
    }
    const name = String(key);
    if (table.has(name)) throw new Failure('CONFIG_INVALID', `${path} names ${name} twice`);
    table.set(name, plainValue(member, `${path}: ${name}`, depth + 1));
  }
  return table;
}
