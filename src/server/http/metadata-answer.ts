// The answer to a read of metadata: the stored bytes, with headers that are computed once for each stored row
// (HTTP API §1.1, §1.2). ETag and If-None-Match are additions: Go has none. The strong tag is
// the SHA-256 of the bytes.
import type { StoredFile } from '../store/store.ts';
import type { Answer } from './answer.ts';

/** `current`: by name, changes with the next publish. `consistent`: by hash or version, never changes. */
export type Freshness = 'current' | 'consistent';

export interface CacheSeconds {
  readonly current: number;
  readonly consistent: number;
}

interface Prepared {
  readonly etag: string;
  readonly whole: Answer;
  readonly unchanged: Answer;
}

export class MetadataAnswers {
  readonly #cacheHeaders: Readonly<Record<Freshness, readonly string[]>>;
  readonly #prepared: Readonly<Record<Freshness, WeakMap<StoredFile, Prepared>>> = {
    current: new WeakMap(),
    consistent: new WeakMap(),
  };

  constructor(seconds: CacheSeconds) {
    this.#cacheHeaders = {
      current: cacheHeaders(seconds.current, ', must-revalidate'),
      consistent: cacheHeaders(seconds.consistent, ''),
    };
  }

  /** `ifNoneMatch` as it stands in the request. */
  answer(file: StoredFile, freshness: Freshness, ifNoneMatch: string | undefined): Answer {
    const known = this.#prepared[freshness];
    let prepared = known.get(file);
    if (prepared === undefined) {
      prepared = prepare(file, this.#cacheHeaders[freshness]);
      known.set(file, prepared);
    }
    if (ifNoneMatch !== undefined && names(ifNoneMatch, prepared.etag)) return prepared.unchanged;
    return prepared.whole;
  }
}

function cacheHeaders(seconds: number, suffix: string): readonly string[] {
  if (seconds === 0)
    return ['Cache-Control', 'max-age=0, no-cache, no-store', 'Pragma', 'no-cache'];
  return ['Cache-Control', `public, max-age=${seconds}, s-maxage=${seconds}${suffix}`];
}

function prepare(file: StoredFile, cache: readonly string[]): Prepared {
  const etag = `"${file.sha256}"`;
  const modified = new Date(file.createdAtMs).toUTCString();
  const shared = ['Last-Modified', modified, 'ETag', etag, ...cache];
  const type = ['Content-Type', 'text/plain; charset=utf-8'];
  return {
    etag,
    whole: {
      status: 200,
      headers: [...type, 'Content-Length', String(file.bytes.length), ...shared],
      body: file.bytes,
    },
    unchanged: { status: 304, headers: shared, body: Buffer.alloc(0) },
  };
}

/** If-None-Match compares weakly (RFC 9110, section 13.1.2). */
function names(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
