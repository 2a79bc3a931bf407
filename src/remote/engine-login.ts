// The login of a registry as an engine is given it: the header X-Registry-Auth, JSON in URL-safe base64.
import type { Credentials } from './credentials.ts';

const hubAddress = 'https://index.docker.io/v1/';

/** The header's value. @param domain the registry, as image names have it */
export function registryAuth(login: Credentials | undefined, domain: string): string {
  const config = { ...members(login), serveraddress: domain === 'docker.io' ? hubAddress : domain };
  const bytes = Buffer.from(JSON.stringify(config));
  const padded = bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  bytes.fill(0);
  return padded;
}

/**
 * What of it may not come back in words that people see: the engine could repeat it, as it was told or as it tells
 * registries (Basic), in either alphabet of base64.
 * @param domain as for registryAuth
 */
export function secretsOf(login: Credentials | undefined, domain: string): readonly string[] {
  if (login === undefined) return [];
  const secret = login.kind === 'password' ? login.password : login.token;
  const header = registryAuth(login, domain);
  const encoded = [header, Buffer.from(header, 'base64url').toString('base64')];
  if (login.kind === 'password') {
    const basic = Buffer.from(`${login.username}:${login.password}`);
    encoded.push(basic.toString('base64'), basic.toString('base64url'));
    basic.fill(0);
  }
  // Without padding, which may be lost; as JSON has it, for a header that was decoded.
  const bare = encoded.map((text) => text.replace(/=+$/, ''));
  return [secret, JSON.stringify(secret).slice(1, -1), ...bare];
}

function members(login: Credentials | undefined): Readonly<Record<string, string>> {
  if (login === undefined) return {};
  if (login.kind === 'password') return { username: login.username, password: login.password };
  if (login.kind === 'identity') return { identitytoken: login.token };
  return { registrytoken: login.token };
}
