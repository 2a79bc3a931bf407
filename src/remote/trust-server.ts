// The trust server as the client sees it: signed files up and down, and the keys it keeps.
//
// What comes back is bytes with a limit, nothing more: it is the trusted set that judges them. Keys are the
// exception, they are believed because TLS says who answered. Invariants: https only, but for this machine where the
// caller allows it; the least scope for each call; nothing counts as published before the server said so. Safe for
// concurrent calls.

import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure, isFailure } from '../errors.ts';
import { keyObjectOf, type PublicKey, parsePublicKey } from '../tuf/public-key.ts';
import type { RoleName } from '../tuf/role.ts';
import type { Access, AuthorizedResponse } from './access.ts';
import { Authenticator } from './auth.ts';
import type { CredentialSource } from './credentials.ts';
import type { HttpClient, HttpRequest } from './http.ts';
import { uploadForm } from './multipart.ts';
import { isWebPage } from './server-words.ts';
import {
  type MetadataName,
  metadataUrl,
  pingUrl,
  repositoryUrl,
  trustServerUrl,
} from './trust-server-address.ts';
import {
  mayBeLostRace,
  notATrustServer,
  saysRoleIsUnlisted,
  trustServerFailure,
  uploadFailure,
} from './trust-server-failure.ts';

export { type MetadataName, trustServerFor, trustServerUrl } from './trust-server-address.ts';

/**
 * @throws Failure from every call, as the HTTP client, and UNAUTHORIZED, FORBIDDEN, RATE_LIMITED, SERVER_ERROR,
 *   NOT_A_TRUST_SERVER
 */
export interface TrustServer {
  readonly url: string;
  /**
   * Learns that a trust server answers here, and which login it wants; needs no login itself. This, rotating and
   * removing wait for `notary` to be spoken here.
   */
  ping(): Promise<void>;
  /**
   * The file as stored; undefined when the server does not have it.
   * @throws Failure RESPONSE_TOO_LARGE beyond `maxBytes`
   */
  fetch(gun: string, name: MetadataName, maxBytes: number): Promise<Buffer | undefined>;
  /**
   * Uploads all `files` as one change.
   * @throws Failure VERSION_CONFLICT, or UPLOAD_REJECTED with the server's words
   */
  publish(gun: string, files: ReadonlyMap<RoleName, Buffer>): Promise<void>;
  /** The key with which the server signs `role`; it makes one for a repository that has none. */
  serverKey(gun: string, role: ServerRole): Promise<PublicKey>;
  /** A new key for `role`; it counts once a root lists it. */
  rotateServerKey(gun: string, role: ServerRole): Promise<PublicKey>;
  /** Deletes all trust data of `gun` on the server, whether there is any or not. */
  remove(gun: string): Promise<void>;
}

export type ServerRole = 'snapshot' | 'timestamp';

export interface TrustServerOptions {
  /** Base address; a path in it is kept. @throws Failure CONFIG_INVALID unless https */
  readonly url: string | URL;
  /** Whether http will do for a server on this machine, as notary has it. */
  readonly allowsLoopbackHttp?: boolean;
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
}

export function connectTrustServer(options: TrustServerOptions): TrustServer {
  return new RemoteTrustServer(options);
}

const pingDeadlineMs = 10_000;
/** An upload of 20 MB on a slow line, checked and stored on the other side. */
const uploadDeadlineMs = 300_000;
/** Answers that are not metadata: a key, an empty object. */
const maxSmallBytes = 64 * 1024;

/** How much larger than ours the file of somebody who published at the same time may be. */
const maxRivalBytes = 16 * 1024 * 1024;

/** Actions of the scope, as docker's and notary's clients ask for them. */
const actions = { read: 'pull', write: 'push,pull', administer: '*' } as const;

class RemoteTrustServer implements TrustServer {
  readonly url: string;
  readonly #base: URL;
  readonly #http: HttpClient;
  readonly #auth: Authenticator;

  constructor({ url, http, credentials, allowsLoopbackHttp }: TrustServerOptions) {
    this.#base = trustServerUrl(String(url), allowsLoopbackHttp);
    this.url = this.#base.href.replace(/\/$/, '');
    this.#http = http;
    this.#auth = new Authenticator(http, credentials);
  }

  get #isPlain(): boolean {
    return this.#base.protocol === 'http:';
  }

  async ping(): Promise<void> {
    const answered = await this.#http.send({
      method: 'GET',
      url: pingUrl(this.#base),
      maxBytes: maxSmallBytes,
      deadlineMs: pingDeadlineMs,
      plainHttp: this.#isPlain,
    });
    this.#auth.learn(answered);
    const answer = { ...answered, secrets: [] };
    if (answer.status === 401) return;
    if (answer.status !== 200) throw trustServerFailure(answer, '', 'the first question');
    if (isWebPage(answer)) throw notATrustServer(answer, '', 'with a web page');
  }

  async fetch(gun: string, name: MetadataName, maxBytes: number): Promise<Buffer | undefined> {
    const url = metadataUrl(repositoryUrl(this.#base, gun), name);
    const answer = await this.#send({ method: 'GET', url, maxBytes }, gun, actions.read);
    if (answer.status === 200) {
      if (startsAsObject(answer.body)) return answer.body;
      throw notATrustServer(answer, gun, 'with something that is not metadata');
    }
    const isAbsent = answer.status === 404 || saysRoleIsUnlisted(answer, name.role);
    if (isAbsent && !isWebPage(answer)) return undefined;
    throw trustServerFailure(answer, gun, `the request for ${name.role}`);
  }

  async publish(gun: string, files: ReadonlyMap<RoleName, Buffer>): Promise<void> {
    const { contentType, body } = uploadForm(files);
    const answer = await this.#send(
      {
        method: 'POST',
        url: repositoryUrl(this.#base, gun),
        headers: { 'content-type': contentType },
        body,
        maxBytes: maxSmallBytes,
        deadlineMs: uploadDeadlineMs,
      },
      gun,
      actions.write,
    );
    if (answer.status === 200 && !isWebPage(answer)) return;
    if (mayBeLostRace(answer) && (await this.#isOvertaken(gun, files))) {
      throw new Failure('VERSION_CONFLICT', `someone published ${gun} meanwhile`);
    }
    throw uploadFailure(answer, gun);
  }

  serverKey(gun: string, role: ServerRole): Promise<PublicKey> {
    return this.#key('GET', gun, role, actions.write);
  }

  rotateServerKey(gun: string, role: ServerRole): Promise<PublicKey> {
    return this.#key('POST', gun, role, actions.administer);
  }

  async remove(gun: string): Promise<void> {
    const url = repositoryUrl(this.#base, gun);
    const request = { method: 'DELETE', url, maxBytes: maxSmallBytes } as const;
    const answer = await this.#send(request, gun, actions.administer);
    if (answer.status === 200 && !isWebPage(answer)) return;
    throw trustServerFailure(answer, gun, 'the deletion');
  }

  async #key(
    method: 'GET' | 'POST',
    gun: string,
    role: ServerRole,
    wanted: string,
  ): Promise<PublicKey> {
    const request = {
      method,
      url: new URL(`${role}.key`, repositoryUrl(this.#base, gun)),
      ...(method === 'POST' ? { body: [] } : {}),
      maxBytes: maxSmallBytes,
    };
    const answer = await this.#send(request, gun, wanted);
    if (answer.status !== 200)
      throw trustServerFailure(answer, gun, `the request for the ${role} key`);
    try {
      const key = parsePublicKey(new JsonView(parseJson(answer.body), `${role} key`));
      keyObjectOf(key);
      return key;
    } catch (error) {
      if (!isFailure(error, 'JSON_INVALID', 'ENCODING_INVALID', 'KEY_UNREADABLE')) throw error;
      throw notATrustServer(answer, gun, `the request for the ${role} key with something else`);
    }
  }

  /** Whether the server has a version that an upload just wanted to make: then another upload won. */
  async #isOvertaken(gun: string, files: ReadonlyMap<RoleName, Buffer>): Promise<boolean> {
    for (const [role, bytes] of files) {
      const version = new JsonView(parseJson(bytes), role)
        .member('signed')
        .member('version')
        .integer();
      const stored = await this.fetch(gun, { role, version }, bytes.length + maxRivalBytes);
      if (stored !== undefined && !stored.equals(bytes)) return true;
    }
    return false;
  }

  #send(request: HttpRequest, gun: string, wanted: string): Promise<AuthorizedResponse> {
    const [domain = ''] = gun.split('/');
    const access: Access = {
      repository: gun,
      scope: `repository:${gun}:${wanted}`,
      logins: [...new Set([domain, this.#base.host])],
      probe: pingUrl(this.#base),
    };
    return this.#auth.send({ ...request, plainHttp: this.#isPlain }, access);
  }
}

/** Cheap, and enough to tell metadata from a page that a gateway or portal puts in its place. */
function startsAsObject(body: Buffer): boolean {
  return /^\s*\{/.test(body.toString('latin1', 0, 64));
}
