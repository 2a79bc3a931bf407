// The envelope of every metadata file (notary dialect §2): `{"signed":…,"signatures":[…]}`.
//
// Invariants kept here:
// - the bytes as received stay beside what was read from them; they are what is hashed and stored;
// - `message` is what signatures are made over: the canonical form of `signed`. Where the received bytes are
//   already canonical they are used as they stand, which is the same message without rebuilding it;
// - what is read comes from the same bytes as `message`; a second `signed` member, in any spelling that Go
//   would read as one, is refused.
import { decodeBase64 } from '../encoding/base64.ts';
import { canonicalForm } from '../encoding/canonical-json.ts';
import { JsonScanner } from '../encoding/json-scanner.ts';
import { JsonView } from '../encoding/json-view.ts';
import type { JsonValue } from '../encoding/strict-json.ts';
import { Failure } from '../errors.ts';
import type { Signature } from './signature.ts';

export interface SignedFile<Signed> {
  /** The file as received. */
  readonly bytes: Buffer;
  readonly signed: Signed;
  readonly signatures: readonly Signature[];
  /** The bytes that the signatures are over. */
  readonly message: Buffer;
}

/** Signatures read from one file; each costs a verification, and no honest file has more than a few. */
const maxSignatures = 256;
/** Largest metadata file: the limit that Go sets for a root. */
export const maxMetadataBytes = 100 * 1024 * 1024;

/**
 * Takes a file apart. `readSigned` reads the value of `signed` from the scanner, once.
 * @throws Failure JSON_INVALID, METADATA_INVALID
 */
export function readSignedFile<Signed>(
  bytes: Buffer,
  readSigned: (scanner: JsonScanner) => Signed,
): SignedFile<Signed> {
  if (bytes.length > maxMetadataBytes) {
    throw new Failure('JSON_INVALID', `a metadata file has ${bytes.length} bytes`);
  }
  const scanner = new JsonScanner(bytes);
  const members = new Map<string, JsonValue>();
  let signed: { readonly value: Signed; readonly message: Buffer } | undefined;
  scanner.skipSpace();
  scanner.readMembers((name) => {
    if (name === 'signed') {
      signed = readWithMessage(scanner, readSigned);
      members.set(name, true);
    } else members.set(name, scanner.readValue());
  });
  scanner.end();
  const envelope = new JsonView(members, 'file', 'METADATA_INVALID');
  const signatures = parseSignatures(envelope.withNames('signed', 'signatures'));
  if (signed === undefined) return envelope.member('signed').fail('is missing');
  return { bytes, signed: signed.value, signatures, message: signed.message };
}

/** For roles whose content is small: reads `signed` as one tree. */
export function readSignedTree<Signed>(
  bytes: Buffer,
  parse: (signed: JsonView) => Signed,
): SignedFile<Signed> {
  return readSignedFile(bytes, (scanner) =>
    parse(new JsonView(scanner.readValue(), 'signed', 'METADATA_INVALID')),
  );
}

function readWithMessage<Signed>(
  scanner: JsonScanner,
  readSigned: (scanner: JsonScanner) => Signed,
): { readonly value: Signed; readonly message: Buffer } {
  scanner.beginCanonical();
  const start = scanner.at;
  const value = readSigned(scanner);
  const slice = scanner.bytes.subarray(start, scanner.at);
  const message = scanner.isCanonical ? slice : Buffer.from(canonicalForm(slice));
  return { value, message };
}

function parseSignatures(envelope: JsonView): readonly Signature[] {
  const listed = envelope.member('signatures');
  if (!listed.exists || listed.isNull) return [];
  const items = listed.list();
  if (items.length > maxSignatures) listed.fail(`has more than ${maxSignatures} entries`);
  return items.map((item) => {
    item.withNames('keyid', 'method', 'sig');
    return {
      keyId: item.member('keyid').string(),
      method: item.member('method').string().toLowerCase(),
      sig: decodeBase64(item.member('sig').string()),
    };
  });
}
