// The configuration of a daemon as a view: file and environment as one tree, typed readers that name the
// setting at fault. Which settings exist is each daemon's own schema (its config file), never known here.
//
// Invariants:
// - A variable overrides the file for every leaf, whether or not the file has it: PREFIX + path in upper
//   case with `_` for `.`. An empty variable counts as not set; the first prefix that is set wins.
// - Names are compared without case. A setting that is null or empty text counts as not there, as in Go.
// - The environment is injected; nothing here reads the process.
// - No reader puts a value into an error: a value may be a password.
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../errors.ts';
import { type ConfigTable, type ConfigValue, readConfigFile } from './config-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigSource {
  readonly env: Environment;
  /** Such as `PARAPH_SERVER_` before `NOTARY_SERVER_`: the first that is set wins. */
  readonly prefixes: readonly string[];
}

interface ConfigRoot extends ConfigSource {
  readonly file: string | undefined;
  readonly baseDir: string;
}

/**
 * The file at `file` (JSON, YAML or TOML by extension) under the overrides of the environment.
 * @throws Failure CONFIG_INVALID
 */
export async function loadConfig(file: string, source: ConfigSource): Promise<ConfigView> {
  const path = resolve(file);
  const root = { ...source, file: path, baseDir: dirname(path) };
  return new ConfigView(root, [], await readConfigFile(path));
}

/** A configuration of the environment alone; relative paths are taken from `baseDir`. */
export function configFromEnvironment(source: ConfigSource, baseDir: string): ConfigView {
  return new ConfigView({ ...source, file: undefined, baseDir }, [], new Map());
}

/** `source` with `settings` by path where it says nothing, under the prefix that every other wins over. */
export function withDefaults(
  { env, prefixes }: ConfigSource,
  settings: Readonly<Record<string, string>>,
): ConfigSource {
  const prefix = prefixes.at(-1) ?? '';
  const all: Record<string, string | undefined> = {};
  for (const [path, value] of Object.entries(settings)) all[variableName(prefix, path)] = value;
  for (const [name, value] of Object.entries(env)) if (value !== '') all[name] = value;
  return { env: all, prefixes };
}

export class ConfigView {
  readonly value: ConfigValue | undefined;
  readonly #root: ConfigRoot;
  readonly #names: readonly string[];

  constructor(root: ConfigRoot, names: readonly string[], value: ConfigValue | undefined) {
    this.#root = root;
    this.#names = names;
    this.value = value;
  }

  /** Such as `server.http_addr`. */
  get path(): string {
    return this.#names.join('.');
  }

  /** From where relative paths are taken. */
  get baseDir(): string {
    return this.#root.baseDir;
  }

  get source(): ConfigSource {
    return this.#root;
  }

  /** The setting at `path` below this one, such as `storage.db_url`; a view of nothing when it is missing. */
  member(path: string): ConfigView {
    const dot = path.indexOf('.');
    return dot < 0
      ? this.#child(path)
      : this.#child(path.slice(0, dot)).member(path.slice(dot + 1));
  }

  /** Set to something, in the environment or in the file. */
  get exists(): boolean {
    return this.#variable() !== undefined || !isBlank(this.value);
  }

  /** Names of the members in the file, folded to lower case; variables are not searched. */
  memberNames(): readonly string[] {
    return isTable(this.value) ? [...this.value.keys()] : [];
  }

  text(): string | undefined {
    const value = this.#leaf();
    if (isBlank(value)) return undefined;
    if (typeof value === 'string') return value;
    // A port may be written as a number, a number as text: viper converts between them.
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.fail('is not text');
  }

  /** @throws Failure CONFIG_INVALID with `problem` (default `is required`) when the setting is missing. */
  requiredText(problem = 'is required'): string {
    return this.text() ?? this.fail(problem);
  }

  /** The text, which must be one of `allowed`. */
  choice<T extends string>(allowed: readonly T[]): T | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    return (
      allowed.find((candidate) => candidate === text) ??
      this.fail(
        allowed.length > 1 ? `must be one of ${allowed.join(', ')}` : `must be ${allowed[0]}`,
      )
    );
  }

  integer(bounds: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= bounds.min && value <= bounds.max) return value;
    return this.fail(`is not a whole number from ${bounds.min} to ${bounds.max}`);
  }

  boolean(): boolean | undefined {
    const text = this.text()?.toLowerCase();
    if (text === undefined) return undefined;
    if (['true', 't', '1', 'yes', 'on'].includes(text)) return true;
    if (['false', 'f', '0', 'no', 'off'].includes(text)) return false;
    return this.fail('is not true or false');
  }

  /** A list of texts; a variable lists them separated by white space. */
  textList(): readonly string[] | undefined {
    const value = this.#leaf();
    if (isBlank(value)) return undefined;
    if (typeof value === 'string') return value.split(/\s+/).filter((item) => item !== '');
    if (!Array.isArray(value)) return this.fail('is not a list of texts');
    const items: readonly ConfigValue[] = value;
    return items.map((item) =>
      typeof item === 'string' ? item : this.fail('is not a list of texts'),
    );
  }

  /** The text as a path, taken from the directory of the configuration file when it is relative. */
  filePath(): string | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    return isAbsolute(text) ? text : join(this.#root.baseDir, text);
  }

  fail(problem: string): never {
    const variable = this.#variable();
    const setting = this.path || 'the configuration';
    const place = variable?.name ?? this.#root.file ?? 'the environment';
    throw new Failure('CONFIG_INVALID', `${setting} ${problem}`, { facts: { setting, place } });
  }

  #child(spelling: string): ConfigView {
    const name = spelling.toLowerCase();
    const { value } = this;
    if (!isBlank(value) && !isTable(value)) return this.fail('is not a table of settings');
    return new ConfigView(
      this.#root,
      [...this.#names, name],
      isTable(value) ? value.get(name) : undefined,
    );
  }

  #leaf(): ConfigValue | undefined {
    return this.#variable()?.value ?? this.value;
  }

  #variable(): { readonly name: string; readonly value: string } | undefined {
    if (this.#names.length === 0) return undefined;
    for (const prefix of this.#root.prefixes) {
      const name = variableName(prefix, this.path);
      const value = this.#root.env[name];
      if (value !== undefined && value !== '') return { name, value };
    }
    return undefined;
  }
}

/** The variable that overrides the setting at `path`. */
export function variableName(prefix: string, path: string): string {
  return prefix + path.toUpperCase().replaceAll('.', '_');
}

export function isTable(value: ConfigValue | undefined): value is ConfigTable {
  return value instanceof Map;
}

function isBlank(value: ConfigValue | undefined): value is null | undefined | '' {
  return value === undefined || value === null || value === '';
}
