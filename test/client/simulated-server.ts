// A trust server in memory in front of a repository simulator, for client tests. It answers what the simulator
// says now, or what a test puts in the way; it keeps every published file under its hash, as servers do.
import { createHash } from 'node:crypto';
import { Failure } from '../../src/errors.ts';
import type { MetadataName, TrustServer } from '../../src/remote/trust-server.ts';
import type { PublicKey } from '../../src/tuf/public-key.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import type { RepositorySimulator } from '../simulator/repository.ts';

/** What a test answers in place of the simulator: bytes, nothing (404), or a failure of the connection. */
export type Interference = (
  name: MetadataName,
  asked: string,
) => Buffer | 'absent' | Failure | undefined;

export class SimulatedServer implements TrustServer {
  readonly url = 'https://trust.test';
  /** Files asked for, such as `timestamp.json` or `2.root.json`, in order. */
  readonly asked: string[] = [];
  interfere: Interference = () => undefined;
  #repository: RepositorySimulator | undefined;
  readonly #byHash = new Map<string, Buffer>();

  constructor(repository: RepositorySimulator | undefined) {
    this.#repository = repository;
  }

  /** Puts another repository, or none, in place of the present one. */
  serve(repository: RepositorySimulator | undefined): void {
    this.#repository = repository;
  }

  /** All further requests fail like this. */
  breakDown(
    code: 'UNREACHABLE' | 'TIMEOUT' | 'SERVER_ERROR' | 'UNAUTHORIZED' | 'TLS_UNTRUSTED',
  ): void {
    this.interfere = () => new Failure(code, `the server of the test is ${code}`);
  }

  recover(): void {
    this.interfere = () => undefined;
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  async fetch(_gun: string, name: MetadataName, maxBytes: number): Promise<Buffer | undefined> {
    const asked = askedName(name);
    this.asked.push(asked);
    const answer = this.interfere(name, asked) ?? this.#find(name);
    if (answer instanceof Failure) throw answer;
    if (answer === 'absent' || answer === undefined) return undefined;
    if (answer.length > maxBytes) {
      throw new Failure('RESPONSE_TOO_LARGE', `${asked} has ${answer.length} bytes`);
    }
    return answer;
  }

  publish(): Promise<void> {
    return Promise.reject(new Error('this server of the test is read only'));
  }

  serverKey(): Promise<PublicKey> {
    return Promise.reject(new Error('this server of the test has no keys'));
  }

  rotateServerKey(): Promise<PublicKey> {
    return Promise.reject(new Error('this server of the test has no keys'));
  }

  remove(): Promise<void> {
    this.#repository = undefined;
    return Promise.resolve();
  }

  #find(name: MetadataName): Buffer | undefined {
    const repository = this.#repository;
    if (repository === undefined) return undefined;
    for (const bytes of repository.files.values()) {
      this.#byHash.set(createHash('sha256').update(bytes).digest('hex'), bytes);
    }
    if ('sha256' in name) return this.#byHash.get(name.sha256);
    if ('version' in name) {
      return name.role === 'root' ? repository.roots[name.version - 1] : undefined;
    }
    return repository.files.get(name.role);
  }
}

function askedName(name: MetadataName): string {
  const role: RoleName = name.role;
  if ('sha256' in name) return `${role}.HASH.json`;
  return 'version' in name ? `${name.version}.${role}.json` : `${role}.json`;
}
