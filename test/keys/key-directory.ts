// A trust directory of its own for each test, and a store on it whose passphrase source is scripted.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { KeyFileStore } from '../../src/keys/file-store.ts';
import type { PassphraseRequest } from '../../src/keys/key-store.ts';
import { goKeyFile, goKeyFiles, passphrase as goPassphrase } from './vectors.ts';

export const vectorIds = Object.values(goKeyFiles).sort();

export interface KeyDirectory {
  /** The trust directory; `private` is below it. */
  path: string;
  /** What the source was asked. */
  requests: PassphraseRequest[];
  /** Its answers in turn; the last one is repeated. */
  answers: string[];
  /** @param pause what happens instead of the wait before a second look */
  store(pause?: () => Promise<unknown>): KeyFileStore;
  /** Writes a file below `private`. */
  put(path: string, text: string): void;
  /** The key files that the Go client left. */
  putVectors(): void;
  files(): readonly string[];
  textOf(id: string): string;
}

/** Sets up and clears around each test; whoever was given a passphrase must have wiped it by then. */
export function keyDirectory(): KeyDirectory {
  let given: Buffer[] = [];
  const directory: KeyDirectory = {
    path: '',
    requests: [],
    answers: [],
    store: (pause) => {
      const passphrase = async (request: PassphraseRequest): Promise<Buffer> => {
        directory.requests.push(request);
        const { answers } = directory;
        const answer = Buffer.from((answers.length > 1 ? answers.shift() : answers[0]) ?? '');
        given.push(answer);
        return answer;
      };
      return new KeyFileStore(directory.path, { passphrase }, pause);
    },
    put: (path, text) => {
      const location = join(directory.path, 'private', path);
      mkdirSync(dirname(location), { recursive: true });
      writeFileSync(location, text);
    },
    putVectors: () => {
      for (const id of vectorIds) directory.put(`${id}.key`, goKeyFile(id));
    },
    files: () => {
      const folder = join(directory.path, 'private');
      return existsSync(folder) ? readdirSync(folder) : [];
    },
    textOf: (id) => readFileSync(join(directory.path, 'private', `${id}.key`), 'utf8'),
  };
  beforeEach(() => {
    directory.path = mkdtempSync(join(tmpdir(), 'paraph-keys-'));
    directory.requests = [];
    directory.answers = [goPassphrase];
    given = [];
  });
  afterEach(() => {
    for (const buffer of given) expect(buffer.every((byte) => byte === 0)).toBe(true);
    rmSync(directory.path, { recursive: true });
  });
  return directory;
}
