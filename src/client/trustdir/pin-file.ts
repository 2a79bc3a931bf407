// The file in which a user writes down what roots to expect: `pins.json` of the trust directory, or any file with
// notary's `trust_pinning`, such as `~/.notary/config.json`. What the settings mean is pins.ts.
import { dirname } from 'node:path';
import { JsonView } from '../../encoding/json-view.ts';
import { parseJson } from '../../encoding/strict-json.ts';
import { Failure } from '../../errors.ts';
import { Pins } from './pins.ts';
import { readStored } from './stored-file.ts';

/** Name of the file in the trust directory that is read when no other is named. */
export const pinFileName = 'pins.json';

/** A pin takes about a hundred bytes. */
const maxPinFileBytes = 4 * 1024 * 1024;

export interface PinFile {
  readonly path: string;
  /** Whether somebody named the file, so that its absence is an error and not the absence of pins. */
  readonly isNamed: boolean;
  readonly workingDirectory: string;
}

/**
 * The pins of a file.
 * @throws Failure CONFIG_INVALID when the file is not JSON, has settings that are not pins, or is named and missing;
 *   DISK
 */
export async function readPinFile({ path, isNamed, workingDirectory }: PinFile): Promise<Pins> {
  const bytes = await readStored(path, maxPinFileBytes);
  if (bytes === undefined) {
    if (!isNamed) return Pins.none();
    throw new Failure('CONFIG_INVALID', `the file with pins ${path} is missing`);
  }
  const view = parsePins(bytes, path).member('trust_pinning');
  if (!view.exists) {
    throw new Failure('CONFIG_INVALID', `${path} has no member trust_pinning, so it pins nothing`);
  }
  return Pins.read([{ view, directory: dirname(path), workingDirectory }]);
}

function parsePins(bytes: Buffer, path: string): JsonView {
  try {
    return new JsonView(parseJson(bytes), path, 'CONFIG_INVALID');
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `${path} cannot be read as JSON`, { cause });
  }
}
