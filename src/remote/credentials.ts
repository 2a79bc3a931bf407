// Where logins come from: docker's config.json with its helpers, and notary's NOTARY_AUTH.
//
// A login is given out only for exactly the server it was stored for (host and port; Docker Hub goes by its
// old index address). Invariants: secrets appear in no failure; the file is read once per source and at most
// 1 MiB of it; what a helper is asked is remembered, so that a user is not asked twice.

import { readFileSync } from 'node:fs';
import { decodeBase64 } from '../encoding/base64.ts';
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure, isFailure } from '../errors.ts';
import { askHelper, type HelperSettings } from './credential-helper.ts';
import { errorCodeOf } from './transport-failure.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token: only ever sent to a token service. */
  | { readonly kind: 'identity'; readonly token: string }
  /** A bearer token that someone stored ready-made. */
  | { readonly kind: 'bearer'; readonly token: string };

export interface CredentialSource {
  /**
   * The login stored for `registry`, a host with its port as image names have it.
   * @throws Failure CREDENTIALS_UNREADABLE
   */
  credentials(registry: string): Promise<Credentials | undefined>;
}

/** Knows no login. */
export const anonymous: CredentialSource = { credentials: () => Promise.resolve(undefined) };

/** Under which keys the logins of Docker Hub are stored: docker's own first, then what others write. */
const dockerHubKeys = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'] as const;
const dockerHubHosts: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
]);

const maxConfigBytes = 1024 * 1024;
/** The user name with which helpers mark a refresh token. */
const tokenUser = '<token>';

/**
 * NOTARY_AUTH: base64 of `user:password`, for `server` (host with its port) alone.
 * @throws Failure CREDENTIALS_UNREADABLE when it is not that
 */
export function notaryAuthCredentials(value: string, server: string): CredentialSource {
  const { username, password } = passwordOf(value, 'NOTARY_AUTH');
  const login = { kind: 'password', username, password: password.trim() } as const;
  return { credentials: (asked) => Promise.resolve(asked === server ? login : undefined) };
}

/** The logins of docker's `config.json` at `configFile` (missing: none), with the helpers it names. */
export function dockerCredentials(configFile: string, helpers: HelperSettings): CredentialSource {
  return new DockerCredentials(configFile, helpers);
}

class DockerCredentials implements CredentialSource {
  readonly #configFile: string;
  readonly #helpers: HelperSettings;
  readonly #known = new Map<string, Promise<Credentials | undefined>>();
  #config: JsonView | undefined;

  constructor(configFile: string, helpers: HelperSettings) {
    this.#configFile = configFile;
    this.#helpers = helpers;
  }

  credentials(registry: string): Promise<Credentials | undefined> {
    const known = this.#known.get(registry) ?? this.#find(registry);
    this.#known.set(registry, known);
    return known;
  }

  async #find(registry: string): Promise<Credentials | undefined> {
    this.#config ??= readConfig(this.#configFile);
    const keys = dockerHubHosts.has(registry) ? dockerHubKeys : [registry];
    for (const key of keys) {
      const helper = helperFor(this.#config, key);
      const login =
        helper === undefined
          ? storedLogin(this.#config, key, this.#configFile)
          : await this.#fromHelper(helper, key);
      if (login !== undefined) return login;
    }
    return undefined;
  }

  async #fromHelper(helper: string, key: string): Promise<Credentials | undefined> {
    const stored = await askHelper(helper, key, this.#helpers);
    if (stored === undefined || stored.secret === '') return undefined;
    if (stored.username === tokenUser) return { kind: 'identity', token: stored.secret };
    return { kind: 'password', username: stored.username, password: stored.secret };
  }
}

function readConfig(path: string): JsonView {
  try {
    const bytes = readFileSync(path);
    return new JsonView(
      parseJson(bytes, { maxBytes: maxConfigBytes }),
      path,
      'CREDENTIALS_UNREADABLE',
    );
  } catch (cause) {
    const code = errorCodeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return new JsonView(new Map(), path);
    if (isFailure(cause, 'JSON_INVALID')) {
      // The cause may quote the place of the fault, and with it a secret.
      throw new Failure('CREDENTIALS_UNREADABLE', `${path} is not valid JSON`, {
        remedy: 'Correct the file, or move it away and run docker login again.',
      });
    }
    throw new Failure('DISK', `${path} cannot be read (${code ?? 'unknown'})`, { cause });
  }
}

function helperFor(config: JsonView, key: string): string | undefined {
  const named = config.member('credHelpers');
  const own = named.exists ? named.member(key) : undefined;
  const helper = own?.exists === true ? own : config.member('credsStore');
  const name = helper.exists ? helper.string() : '';
  return name === '' ? undefined : name;
}

/** The entry of `auths` under `key`, or under an older spelling with scheme and path of the same host. */
function storedLogin(config: JsonView, key: string, path: string): Credentials | undefined {
  const auths = config.member('auths');
  if (!auths.exists) return undefined;
  const entries = auths.entries();
  const entry =
    entries.find(([name]) => name === key) ?? entries.find(([name]) => hostOf(name) === key);
  if (entry === undefined) return undefined;
  const [, view] = entry;
  const token = text(view, 'identitytoken');
  if (token !== '') return { kind: 'identity', token };
  const bearer = text(view, 'registrytoken');
  if (bearer !== '') return { kind: 'bearer', token: bearer };
  const auth = text(view, 'auth');
  return auth === '' ? undefined : passwordOf(auth, `${path}: the entry of ${key}`);
}

function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function text(view: JsonView, name: string): string {
  const member = view.member(name);
  return member.exists ? member.string() : '';
}

function passwordOf(base64: string, where: string): Credentials & { kind: 'password' } {
  // Encoders break long lines.
  const plain = decoded(base64.replaceAll(/\s/g, ''));
  const colon = plain?.indexOf(':') ?? -1;
  if (plain === undefined || colon <= 0) {
    throw new Failure('CREDENTIALS_UNREADABLE', `${where} is not base64 of user:password`);
  }
  // Docker pads some passwords with zero bytes.
  const password = plain.slice(colon + 1).replace(/\0+$/, '');
  return { kind: 'password', username: plain.slice(0, colon), password };
}

function decoded(base64: string): string | undefined {
  try {
    return decodeBase64(base64).toString('utf8');
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}
