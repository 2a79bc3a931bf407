// Where the passphrase of an alias comes from. Environment, systemd credentials or files; never the configuration
// file, never the directory of the database: who copies the database must not get the passphrase with it.
//
// Sources, the first that has the alias wins:
//   1. variable PREFIX + alias in upper case with `_` for `.`, as in notary-signer
//   2. variable of that name + `_FILE`: path of a file that holds it
//   3. file named like the alias in the configured directory (secrets of docker and kubernetes look so)
//   4. the same in $CREDENTIALS_DIRECTORY, which systemd sets
import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { readNamedFile } from '../config/named-file.ts';
import { type ConfigSource, variableName } from '../daemon/config.ts';
import { Failure } from '../errors.ts';

export interface PassphraseSource {
  /** The passphrase of `alias`; undefined when no source has it. The caller wipes it. */
  passphrase(alias: string): Promise<Buffer | undefined>;
}

export interface PassphraseSettings extends ConfigSource {
  /** Holds one file for each alias. */
  readonly directory: string | undefined;
  /** Where the database is; a passphrase file within is refused. */
  readonly dataDir: string | undefined;
  readonly baseDir: string;
  /** Told about files that others can read. */
  readonly warn: (message: string) => void;
}

/** The width of notary's column. */
const maxAliasLength = 50;
const maxPassphraseBytes = 4096;
/** With a line end, and one more to see that it is too long. */
const maxFileBytes = maxPassphraseBytes + 3;
/** What may become part of a path. */
const fileAlias = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Empty, or a name that notary's table cannot hold, is no alias. */
export function isAlias(alias: string): boolean {
  return alias.length > 0 && alias.length <= maxAliasLength;
}

/** @throws Failure (from `passphrase`) CONFIG_INVALID: a file that is named cannot be used. */
export function configuredPassphrases(settings: PassphraseSettings): PassphraseSource {
  const { env, prefixes } = settings;
  return {
    async passphrase(alias) {
      const variables = prefixes.map((prefix) => variableName(prefix, alias));
      const inline = firstSet(variables, env);
      if (inline !== undefined) return Buffer.from(inline);
      const fileVariables = variables.map((name) => `${name}_FILE`);
      const file = firstSet(fileVariables, env);
      if (file !== undefined)
        return readPassphrase(resolve(settings.baseDir, file), settings, true);
      if (!fileAlias.test(alias)) return undefined;
      for (const directory of [settings.directory, env.CREDENTIALS_DIRECTORY]) {
        if (directory === undefined || directory === '') continue;
        const found = await readPassphrase(join(directory, alias), settings, false);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function firstSet(names: readonly string[], env: ConfigSource['env']): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
}

async function readPassphrase(
  file: string,
  settings: PassphraseSettings,
  mustExist: boolean,
): Promise<Buffer | undefined> {
  const path = await realpath(file).catch(() => undefined);
  if (path === undefined) {
    if (!mustExist) return undefined;
    throw new Failure('CONFIG_INVALID', `passphrase file ${file} cannot be read`);
  }
  if (settings.dataDir !== undefined && isWithin(path, await realDirectory(settings.dataDir))) {
    throw new Failure(
      'CONFIG_INVALID',
      `passphrase file ${file} lies in the directory of the database`,
      {
        remedy:
          'Keep it elsewhere: whoever copies the database must not get the passphrase with it.',
      },
    );
  }
  const { bytes, mode } = await readNamedFile(path, 'passphrase file', maxFileBytes);
  if ((mode & 0o077) !== 0) settings.warn(`passphrase file ${file} can be read by others`);
  return withoutLineEnd(bytes, file);
}

/** Editors and `echo` end a file with a line break, which is not part of the passphrase. */
function withoutLineEnd(bytes: Buffer, file: string): Buffer {
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end--;
  if (end < bytes.length && bytes[end - 1] === 0x0d) end--;
  if (end === 0 || end > maxPassphraseBytes) {
    const problem = end === 0 ? 'is empty' : `is longer than ${maxPassphraseBytes} bytes`;
    throw new Failure('CONFIG_INVALID', `passphrase file ${file} ${problem}`);
  }
  return bytes.subarray(0, end);
}

async function realDirectory(directory: string): Promise<string> {
  return realpath(directory).catch(() => resolve(directory));
}

function isWithin(path: string, directory: string): boolean {
  const steps = relative(directory, path);
  return steps !== '' && !steps.startsWith('..') && !isAbsolute(steps);
}
