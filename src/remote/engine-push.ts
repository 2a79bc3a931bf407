// The stream by which an engine tells how a push goes, and what it says was pushed. It is JSON values, one a line.
//
// What the engine says here is what gets signed, so it must say so unambiguously. It does in up to three ways: an `aux`
// value with tag and digest (the classic store), the line `TAG: digest: sha256:… size: N` (both stores), and the `aux`
// value ManifestPushedInsteadOfIndex (the containerd store, beside the line). Invariants: values about another tag do
// not count; all that count must agree; without any there is no result; an error anywhere in the stream is the result.
// Lines are limited, so that an endless one cannot fill the memory.
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure, isFailure } from '../errors.ts';
import { shown } from './foreign-text.ts';
import { sha256DigitsOf } from './reference.ts';
import { repeats, unechoed } from './server-words.ts';

/** What now stands in the registry under the tag, by the word of the engine. */
export interface PushedManifest {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Of the manifest or index, in bytes. */
  readonly size: number;
}

/** One line to show. Texts are the engine's, escaped. */
export interface PushProgress {
  /** Which layer; empty for what concerns all. */
  readonly id: string;
  readonly status: string;
  /** Bytes moved so far; undefined when this line counts nothing. */
  readonly current: number | undefined;
  /** Bytes in all, if known. */
  readonly total: number | undefined;
}

export type PushListener = (progress: PushProgress) => void;

/** Longest line: an aux value with descriptors has some kB. */
const maxLineBytes = 1024 * 1024;
const maxTextChars = 500;
/** Far above any manifest that registries take. */
const maxManifestSize = 1024 * 1024 * 1024;
const newline = 0x0a;

interface Claim {
  readonly digest: string;
  readonly size: number;
}

export class PushStream {
  readonly #tag: string;
  readonly #listener: PushListener;
  readonly #secrets: readonly string[];
  #rest: Buffer[] = [];
  #restBytes = 0;
  readonly #claims: Claim[] = [];
  #instead: Claim | undefined;

  /** @param secrets what the engine was sent and must not repeat to people */
  constructor(tag: string, listener: PushListener, secrets: readonly string[]) {
    this.#tag = tag;
    this.#listener = listener;
    this.#secrets = secrets;
  }

  /** @throws Failure PUSH_FAILED when the engine says that the push failed, SERVER_ERROR, RESPONSE_TOO_LARGE */
  take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#takeLine();
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
  }

  /** What was pushed, once the stream has ended. @throws Failure PUSH_UNCLEAR, and as `take` */
  result(): PushedManifest {
    this.#takeLine();
    const [first] = this.#claims;
    if (first === undefined) throw unclear(this.#tag, 'the engine did not say what it pushed');
    const all = this.#instead === undefined ? this.#claims : [...this.#claims, this.#instead];
    const other = all.find(({ digest, size }) => digest !== first.digest || size !== first.size);
    if (other === undefined) return first;
    throw unclear(this.#tag, 'the engine named two images as what it pushed', {
      one: `${first.digest}, ${first.size} bytes`,
      other: `${other.digest}, ${other.size} bytes`,
    });
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#restBytes += piece.length;
    if (this.#restBytes > maxLineBytes) {
      throw new Failure(
        'RESPONSE_TOO_LARGE',
        `the engine sent a line of more than ${maxLineBytes} bytes about the push`,
      );
    }
    this.#rest.push(piece);
  }

  #takeLine(): void {
    const line = Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    if (line.toString('latin1').trim() === '') return;
    const view = viewOf(line);
    this.#refuseError(view);
    this.#takeAux(view.member('aux'));
    this.#takeStatus(view);
  }

  #refuseError(view: JsonView): void {
    const detail = view.member('errorDetail');
    const plain = view.member('error');
    if (!detail.exists && !plain.exists) return;
    const said = detail.exists && detail.value instanceof Map ? textOf(detail, 'message') : '';
    const words = said === '' ? textOf(view, 'error') : said;
    const isSecret = repeats(words, this.#secrets);
    throw new Failure(
      'PUSH_FAILED',
      isSecret
        ? '(withheld: it repeats the login)'
        : shown(words, maxTextChars) || 'the push failed',
    );
  }

  #takeAux(aux: JsonView): void {
    if (!aux.exists || !(aux.value instanceof Map)) return;
    const selected = aux.member('SelectedManifest');
    if (selected.exists)
      this.#instead = claimOf(selected.member('digest'), selected.member('size'));
    const tag = aux.member('Tag');
    if (tag.exists && tag.string() === this.#tag && aux.member('Digest').exists) {
      this.#claims.push(claimOf(aux.member('Digest'), aux.member('Size')));
    }
  }

  #takeStatus(view: JsonView): void {
    const status = textOf(view, 'status');
    if (status === '') return;
    const id = textOf(view, 'id');
    // A layer's line has an id; only one without speaks about the whole.
    if (id === '') this.#takeVerdict(status);
    const detail = view.member('progressDetail');
    const hasDetail = detail.exists && detail.value instanceof Map;
    this.#listener({
      id: this.#fit(id),
      status: this.#fit(status),
      current: hasDetail ? countOf(detail, 'current') : undefined,
      total: hasDetail ? countOf(detail, 'total') : undefined,
    });
  }

  #fit(words: string): string {
    return shown(unechoed(words, this.#secrets), maxTextChars);
  }

  #takeVerdict(status: string): void {
    const [, tag, digest = '', size = ''] =
      /^([\w][\w.-]*): digest: (sha256:[0-9a-f]{64}) size: (\d{1,12})$/.exec(status) ?? [];
    if (tag === this.#tag) this.#claims.push({ digest, size: Number(size) });
  }
}

function claimOf(digest: JsonView, size: JsonView): Claim {
  if (sha256DigitsOf(digest.string()) === undefined) digest.fail('is not a sha256 digest');
  const bytes = size.integer();
  if (bytes <= 0 || bytes > maxManifestSize) size.fail('is not the size of a manifest');
  return { digest: digest.string(), size: bytes };
}

function viewOf(line: Buffer): JsonView {
  try {
    const view = new JsonView(parseJson(line, { maxBytes: maxLineBytes }), 'push', 'SERVER_ERROR');
    view.object();
    return view;
  } catch (cause) {
    if (!isFailure(cause, 'JSON_INVALID')) throw cause;
    throw new Failure(
      'SERVER_ERROR',
      'the engine told about the push in something that is not JSON',
      {
        cause,
      },
    );
  }
}

function textOf(view: JsonView, name: string): string {
  const { value } = view.member(name);
  return typeof value === 'string' ? value : '';
}

function countOf(view: JsonView, name: string): number | undefined {
  const { value } = view.member(name);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

function unclear(tag: string, what: string, facts: Readonly<Record<string, string>> = {}): Failure {
  return new Failure('PUSH_UNCLEAR', `${what} for the tag ${tag}`, { facts });
}
