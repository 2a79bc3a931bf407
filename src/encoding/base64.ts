// Standard base64 as Go's encoding/base64 reads and writes it: padded, no line breaks.
import { Failure } from '../errors.ts';

/** Without a repeated group, which would need a stack as deep as the text is long. */
const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * The bytes that `text` encodes. Node's own decoder skips what it does not know; this one refuses it.
 * @throws Failure JSON_INVALID for any other character, missing padding or white space.
 */
export function decodeBase64(text: string): Buffer {
  if (text.length % 4 !== 0 || !base64Text.test(text))
    throw new Failure('JSON_INVALID', 'a value is not standard base64');
  return Buffer.from(text, 'base64');
}
