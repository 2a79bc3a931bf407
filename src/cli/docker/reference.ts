// Image references as docker trust takes them, and docker's words for those that are none.
import { Failure, isFailure } from '../../errors.ts';
import { type ImageReference, parseReference } from '../../remote/reference.ts';

/** @throws Failure REFERENCE_INVALID with docker's words first */
export function readReference(text: string): ImageReference {
  try {
    return parseReference(text);
  } catch (error) {
    if (!isFailure(error, 'REFERENCE_INVALID')) throw error;
    throw new Failure(error.code, dockerWords(text), { cause: error, remedy: error.message });
  }
}

function dockerWords(text: string): string {
  const invalid = 'invalid reference format';
  if (/^[a-f0-9]{64}$/.test(text)) {
    return `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`;
  }
  const [name = ''] = text.split(/[:@](?=[^/]*$)/);
  if (text.length <= 1024 && name !== name.toLowerCase() && /^[\w./-]+$/.test(name)) {
    return `${invalid}: repository name (${withLibrary(name)}) must be lowercase`;
  }
  return invalid;
}

/** The path as docker completes it. */
function withLibrary(name: string): string {
  const [first = '', ...rest] = name.split('/');
  if (rest.length === 0) return `library/${name}`;
  return /[.:]/.test(first) || first === 'localhost' ? rest.join('/') : name;
}
