// Reads the body of an upload: `multipart/form-data` (or mixed), complete in memory, cut without copying.
// Written here because the library at hand drops a part that it does not understand without a word; an
// upload must never be taken to hold less than it did. The whole body is a client's: its size is limited
// before it comes here, and every loop below moves forward through it.

export interface Part {
  /** From Content-Disposition, whatever its type; empty when there is none. */
  readonly filename: string;
  readonly bytes: Buffer;
}

export type MultipartResult =
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'too-many' };

/** RFC 2046 allows no longer boundary. */
const maxBoundaryLength = 70;
/** More than any client writes before a part; bounds what is turned into text. */
const maxPartHeaderBytes = 8 * 1024;

const parameter = /;[ \t]*([^\s=;"]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))[ \t]*/gy;

/** The boundary named by a Content-Type header; undefined when the body is not multipart. */
export function multipartBoundary(contentType: string | undefined): string | undefined {
  const type = /^[ \t]*multipart\/(?:form-data|mixed)[ \t]*(?=;)/i.exec(contentType ?? '');
  if (contentType === undefined || type === null) return undefined;
  const boundary = parametersOf(contentType, type[0].length)?.get('boundary');
  if (boundary === undefined || boundary === '' || boundary.length > maxBoundaryLength) {
    return undefined;
  }
  return boundary;
}

/** Cuts `body` into its parts; at most `maxParts`. */
export function readMultipart(body: Buffer, boundary: string, maxParts: number): MultipartResult {
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const parts: Part[] = [];
  let at = afterFirstDelimiter(body, delimiter);
  while (at !== undefined) {
    if (body.toString('latin1', at, at + 2) === '--') return { kind: 'parts', parts };
    const headerAt = afterLineEnd(body, at);
    if (headerAt === undefined) return { kind: 'malformed' };
    const end = body.indexOf(delimiter, headerAt - 2);
    const part = end < 0 ? undefined : readPart(body, headerAt, end);
    if (part === undefined) return { kind: 'malformed' };
    if (parts.length === maxParts) return { kind: 'too-many' };
    parts.push(part);
    at = end + delimiter.length;
  }
  return { kind: 'malformed' };
}

/** The first delimiter may stand at the very start; text before it is to be ignored. */
function afterFirstDelimiter(body: Buffer, delimiter: Buffer): number | undefined {
  const line = delimiter.subarray(2);
  if (body.subarray(0, line.length).equals(line)) return line.length;
  const at = body.indexOf(delimiter);
  return at < 0 ? undefined : at + delimiter.length;
}

function afterLineEnd(body: Buffer, from: number): number | undefined {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09) at += 1;
  return body[at] === 0x0d && body[at + 1] === 0x0a ? at + 2 : undefined;
}

function readPart(body: Buffer, headerAt: number, end: number): Part | undefined {
  const window = body.subarray(headerAt, Math.min(end, headerAt + maxPartHeaderBytes));
  if (window[0] === 0x0d && window[1] === 0x0a) {
    return { filename: '', bytes: body.subarray(headerAt + 2, end) };
  }
  const headerLength = window.indexOf('\r\n\r\n');
  if (headerLength < 0) return undefined;
  const filename = filenameIn(window.toString('utf8', 0, headerLength));
  return { filename, bytes: body.subarray(headerAt + headerLength + 4, end) };
}

function filenameIn(headers: string): string {
  for (const line of headers.split('\r\n')) {
    const disposition = /^content-disposition:[ \t]*[^\s;]+[ \t]*/i.exec(line);
    if (disposition === null) continue;
    return parametersOf(line, disposition[0].length)?.get('filename') ?? '';
  }
  return '';
}

/** The parameters from `from` to the end of `text`; undefined when the syntax is broken or one repeats. */
function parametersOf(text: string, from: number): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  let at = from;
  while (at < text.length) {
    parameter.lastIndex = at;
    const [all, name = '', quoted, bare] = parameter.exec(text) ?? [''];
    const key = name.toLowerCase();
    if (all === '' || found.has(key)) return undefined;
    found.set(key, bare ?? quoted?.replace(/\\(.)/g, '$1') ?? '');
    at += all.length;
  }
  return found;
}
