// PEM, the text form of keys and certificates, read as Go reads it and written byte for byte as Go writes
// it. What a label or a header means is for the caller.
//
// The text may come from an attacker. It is read in one pass in time proportional to its length; a block
// that is begun and broken, or names a header twice, is refused instead of skipped, because a reader that
// skips sees another file than one that does not. Text outside blocks is ignored, as everywhere.
import { Failure } from '../errors.ts';

export interface PemBlock {
  readonly label: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
}

/** Width of a line of base64 in Go's form. */
const columns = 64;
/** Written before all other headers, wherever it sorts (RFC 1421 §4.6.1.1). */
const firstHeader = 'Proc-Type';

const beginLine = /^-----BEGIN ([ -~]*)-----$/;
const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;
const headerLine = /^([^:]*):(.*)$/;

function invalid(problem: string): Failure {
  return new Failure('ENCODING_INVALID', `PEM: ${problem}`);
}

/**
 * All blocks of `text`, in order; none when it has none. Lines may end in LF or CRLF.
 * @throws Failure ENCODING_INVALID for a block without its end, without valid base64, or with a header twice
 */
export function decodePem(text: string): readonly PemBlock[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const blocks: PemBlock[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const label = beginLine.exec(lines[index] ?? '')?.[1];
    if (label === undefined) continue;
    const end = lines.indexOf(`-----END ${label}-----`, index + 1);
    if (end < 0) throw invalid(`block ${label} has no end`);
    blocks.push(decodeBlock(label, lines.slice(index + 1, end)));
    index = end;
  }
  return blocks;
}

function decodeBlock(label: string, lines: readonly string[]): PemBlock {
  const headers = new Map<string, string>();
  let bodyStart = 0;
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    if (headers.has(name.trim())) throw invalid(`block ${label} has a header twice`);
    headers.set(name.trim(), value.trim());
    bodyStart += 1;
  }
  const base64 = lines.slice(bodyStart).join('').replaceAll(/[ \t]/g, '');
  if (base64.length % 4 !== 0 || !base64Text.test(base64)) {
    throw invalid(`block ${label} does not hold base64`);
  }
  return { label, headers, bytes: Buffer.from(base64, 'base64') };
}

/**
 * One block in Go's form: headers sorted by name (Proc-Type first), a blank line after them, lines of 64 columns,
 * a newline at the end.
 * @throws Failure ENCODING_INVALID for a header that would break out of its line
 */
export function encodePem(block: PemBlock): string {
  const names = [...block.headers.keys()].sort();
  const ordered = names.includes(firstHeader)
    ? [firstHeader, ...names.filter((name) => name !== firstHeader)]
    : names;
  const headers = ordered.map((name) => encodeHeader(name, block.headers.get(name) ?? ''));
  const body = block.bytes.toString('base64').match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  return [
    `-----BEGIN ${block.label}-----\n`,
    ...headers,
    headers.length > 0 ? '\n' : '',
    ...body.map((line) => `${line}\n`),
    `-----END ${block.label}-----\n`,
  ].join('');
}

function encodeHeader(name: string, value: string): string {
  if (/[:\r\n]/.test(name) || /[\r\n]/.test(value)) {
    throw invalid('header holds a character that would end it');
  }
  return `${name}: ${value}\n`;
}
