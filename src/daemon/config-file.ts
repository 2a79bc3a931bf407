// Configuration files as a tree: JSON, YAML and TOML by extension, read once and bounded in size. What a
// setting means is not known here. Names are folded to lower case, as viper folds them; a name that occurs
// twice in one table, in whatever case, is refused, because two readers could choose differently.
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure, isFailure } from '../errors.ts';

export type ConfigValue = null | boolean | number | string | readonly ConfigValue[] | ConfigTable;
export type ConfigTable = ReadonlyMap<string, ConfigValue>;

/** Far above any real configuration; keeps a mistaken path (a database, a log) from being read whole. */
const maxConfigBytes = 1024 * 1024;
const maxConfigDepth = 32;

/**
 * Reads `file` as a table of folded names.
 * @throws Failure CONFIG_INVALID: unreadable, larger than 1 MiB, of another format, or not a table.
 */
export async function readConfigFile(file: string): Promise<ConfigTable> {
  const bytes = await readBounded(file);
  const value = foldNames(await parse(file, bytes), file, 0);
  if (!(value instanceof Map))
    throw new Failure('CONFIG_INVALID', `${file} is not a table of settings`);
  return value;
}

async function readBounded(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.alloc(maxConfigBytes + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
        if (bytesRead === 0) return buffer.subarray(0, length);
        length += bytesRead;
        if (length > maxConfigBytes) break;
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `configuration file ${file} cannot be read`, { cause });
  }
  throw new Failure(
    'CONFIG_INVALID',
    `configuration file ${file} is larger than ${maxConfigBytes} bytes`,
  );
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
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  // A warning means that a value is not what stands in the file, for example for a tag before it.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem === undefined) return document.toJS({ mapAsMap: true });
  const kind = problem.code.toLowerCase().replaceAll('_', ' ');
  return refuseAt(kind, problem.linePos?.[0].line, problem.linePos?.[0].col);
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

function foldNames(value: unknown, path: string, depth: number): ConfigValue {
  if (depth > maxConfigDepth) throw new Failure('CONFIG_INVALID', `${path} nests too deep`);
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => foldNames(item, `${path}[${index}]`, depth + 1));
  }
  if (typeof value === 'object' && !(value instanceof Date)) {
    const members: Iterable<readonly [unknown, unknown]> =
      value instanceof Map ? value : Object.entries(value);
    return foldTable(members, path, depth);
  }
  throw new Failure('CONFIG_INVALID', `${path} has a value of a kind that no setting takes`);
}

function foldTable(
  members: Iterable<readonly [unknown, unknown]>,
  path: string,
  depth: number,
): ConfigTable {
  const table = new Map<string, ConfigValue>();
  for (const [key, member] of members) {
    if (typeof key !== 'string' && typeof key !== 'number') {
      throw new Failure('CONFIG_INVALID', `${path} has a name that is not text`);
    }
    const name = String(key).toLowerCase();
    if (name.includes('.'))
      throw new Failure('CONFIG_INVALID', `${path}: ${name} must be nested, not dotted`);
    if (table.has(name)) throw new Failure('CONFIG_INVALID', `${path} names ${name} twice`);
    table.set(name, foldNames(member, `${path}: ${name}`, depth + 1));
  }
  return table;
}
