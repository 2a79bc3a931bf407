// `auth.type: token`: the registry's token authentication (HTTP API §8). A request shows a JWT
// that someone else issued; the challenge says where to get one. `*` is an action like any other: push and
// pull do not include it, nor it them.
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import {
  type AccessRequest,
  type Authorizer,
  type Right,
  rightsFor,
  type Verdict,
} from './authorizer.ts';
import { TokenKeys } from './token-keys.ts';

export interface TokenAuthOptions {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** PEM certificates. */
  readonly bundle: Buffer;
  /** The realm is `https://<Host>/auth/token` of the request. */
  readonly isAutoRedirect: boolean;
}

const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];
/** Clocks of issuer and server may differ by as much. */
const leewaySeconds = 60;
/** Longer than any token with a chain of certificates; what is longer is not looked at. */
const maxTokenLength = 16 * 1024;
/** Tokens whose signature was verified: a client sends the same one with each request. */
const maxVerified = 2000;

type Problem = 'invalid_token' | 'insufficient_scope' | undefined;

interface Verified {
  readonly user: string;
  /** Names of `grantName`. */
  readonly grants: ReadonlySet<string>;
  readonly notBeforeMs: number;
  readonly expiresMs: number;
}

export class TokenAuth implements Authorizer {
  readonly #options: TokenAuthOptions;
  readonly #keys: TokenKeys;
  readonly #nowMs: () => number;
  readonly #verified = new Map<string, Verified>();

  /** @throws Failure CONFIG_INVALID when the bundle holds no certificate */
  constructor(options: TokenAuthOptions, nowMs: () => number) {
    this.#options = options;
    this.#keys = new TokenKeys(options.bundle);
    this.#nowMs = nowMs;
  }

  async authorize(request: AccessRequest): Promise<Verdict> {
    const rights = rightsFor(request.access, request.gun);
    const token = bearerToken(request.authorization);
    if (token === undefined) return this.#refused(request, rights, undefined);
    const verified = await this.#verify(token);
    if (verified === undefined) return this.#refused(request, rights, 'invalid_token');
    if (
      !rights.every((right) => verified.grants.has(grantName(right.Type, right.Name, right.Action)))
    ) {
      return this.#refused(request, rights, 'insufficient_scope');
    }
    return { kind: 'allowed', user: verified.user };
  }

  /** Undefined when the token is not one of the issuer's for this service, or not valid now. */
  async #verify(token: string): Promise<Verified | undefined> {
    const known = this.#verified.get(token);
    if (known !== undefined && isValidAt(known, this.#nowMs())) return known;
    this.#verified.delete(token);
    const verified = await this.#verifyAnew(token);
    if (verified === undefined) return undefined;
    if (this.#verified.size >= maxVerified) this.#verified.clear();
    this.#verified.set(token, verified);
    return verified;
  }

  async #verifyAnew(token: string): Promise<Verified | undefined> {
    const nowMs = this.#nowMs();
    try {
      const key = this.#keys.keyFor(decodeProtectedHeader(token), nowMs);
      const { payload } = await jwtVerify(token, key, {
        algorithms,
        issuer: this.#options.issuer,
        audience: this.#options.service,
        requiredClaims: ['exp'],
        clockTolerance: leewaySeconds,
        currentDate: new Date(nowMs),
      });
      return readClaims(payload);
    } catch {
      // Nothing is read here but the token: whatever went wrong, a key of a strange kind too, is its sender's doing.
      return undefined;
    }
  }

  #refused(request: AccessRequest, rights: readonly Right[], problem: Problem): Verdict {
    const { service, isAutoRedirect } = this.#options;
    const realm = isAutoRedirect ? redirectRealm(request.host) : this.#options.realm;
    const parameters = [
      ['realm', realm],
      ['service', service],
      ['scope', scopeOf(rights)],
      ...(problem === undefined ? [] : [['error', problem]]),
    ];
    const listed = parameters.map(([name, value]) => `${name}=${quoted(value ?? '')}`);
    return { kind: 'refused', challenge: `Bearer ${listed.join(',')}` };
  }
}

function bearerToken(authorization: string | undefined): string | undefined {
  const [scheme, token, ...rest] = authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0)
    return undefined;
  return token.length > maxTokenLength ? '' : token;
}

function isValidAt({ notBeforeMs, expiresMs }: Verified, nowMs: number): boolean {
  const leewayMs = leewaySeconds * 1000;
  return nowMs >= notBeforeMs - leewayMs && nowMs <= expiresMs + leewayMs;
}

/** The payload was signed by the issuer; entries of `access` that are not of the known form grant nothing. */
function readClaims(payload: JWTPayload): Verified {
  const { access, exp = 0, nbf = 0, sub = '' } = payload;
  const grants = new Set<string>();
  for (const entry of Array.isArray(access) ? access : []) {
    for (const grant of readGrants(entry)) grants.add(grant);
  }
  return { user: sub, grants, notBeforeMs: nbf * 1000, expiresMs: exp * 1000 };
}

function* readGrants(entry: unknown): Generator<string> {
  if (typeof entry !== 'object' || entry === null) return;
  if (!('type' in entry) || !('name' in entry) || !('actions' in entry)) return;
  const { type, name, actions } = entry;
  if (typeof type !== 'string' || typeof name !== 'string' || !Array.isArray(actions)) return;
  for (const action of actions) if (typeof action === 'string') yield grantName(type, name, action);
}

/** As JSON: names and actions may hold any separator. */
function grantName(type: string, name: string, action: string): string {
  return JSON.stringify([type, name, action]);
}

function scopeOf(rights: readonly Right[]): string {
  const [first] = rights;
  const actions = rights.map(({ Action }) => Action).join(',');
  return first === undefined ? '' : `${first.Type}:${first.Name}:${actions}`;
}

/** The client chose the Host header; anything that is not a host and port is left out. */
function redirectRealm(host: string | undefined): string {
  const isHost = /^[A-Za-z0-9.:[\]_-]{1,255}$/.test(host ?? '');
  return `https://${isHost ? host : ''}/auth/token`;
}

/** As Go quotes text: ASCII alone, so that a repository's name cannot end the header. */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
