// Configuration files as a tree: JSON, YAML and TOML by extension, read once and bounded in size. What a
// setting means is not known here. Names are folded to lower case, as viper folds them; a name that occurs
// twice in one table, in whatever case, is refused, because two readers could choose differently.
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure } from '../errors.ts';

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
  const extension = extname(file).toLowerCase();
  try {
    switch (extension) {
      case '.json':
        return parseJson(bytes, { maxBytes: maxConfigBytes });
      case '.yaml':
      case '.yml': {
        const yaml = await import('yaml');
        return yaml.parse(utf8(bytes), { mapAsMap: true, uniqueKeys: true });
      }
      case '.toml': {
        const toml = await import('smol-toml');
        return toml.parse(utf8(bytes));
      }
      default:
    }
  } catch (cause) {
    throw new Failure(
      'CONFIG_INVALID',
      `configuration file ${file} cannot be parsed: ${firstLine(cause)}`,
      {
        cause,
      },
    );
  }
  throw new Failure(
    'CONFIG_INVALID',
    `configuration file ${file} does not end in .json, .yaml, .yml or .toml`,
  );
}

function utf8(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/** Parsers quote the offending text over several lines; one line is enough and cannot show a secret below it. */
function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? '';
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
