// Configuration files of the daemons as a table with names in lower case, as viper folds them. A name that occurs twice
// in one table, in whatever case, is refused, because two readers could choose differently.
import { readConfigDocument } from '../config/document.ts';
import { Failure } from '../errors.ts';

export type ConfigValue = null | boolean | number | string | readonly ConfigValue[] | ConfigTable;
export type ConfigTable = ReadonlyMap<string, ConfigValue>;

/**
 * Reads `file` as a table of folded names.
 * @throws Failure CONFIG_INVALID: unreadable, larger than 1 MiB, of another format, or not a table.
 */
export async function readConfigFile(file: string): Promise<ConfigTable> {
  const value = foldNames(await readConfigDocument(file), file);
  if (!(value instanceof Map))
    throw new Failure('CONFIG_INVALID', `${file} is not a table of settings`);
  return value;
}

function foldNames(value: ConfigValue, path: string): ConfigValue {
  if (value instanceof Map) return foldTable(value, path);
  if (!Array.isArray(value)) return value;
  const items: readonly ConfigValue[] = value;
  return items.map((item, index) => foldNames(item, `${path}[${index}]`));
}

function foldTable(members: ConfigTable, path: string): ConfigTable {
  const table = new Map<string, ConfigValue>();
  for (const [written, member] of members) {
    const name = written.toLowerCase();
    if (name.includes('.'))
      throw new Failure('CONFIG_INVALID', `${path}: ${name} must be nested, not dotted`);
    if (table.has(name)) throw new Failure('CONFIG_INVALID', `${path} names ${name} twice`);
    table.set(name, foldNames(member, `${path}: ${name}`));
  }
  return table;
}
