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

/** What of it may not come back in words that people see: the engine could repeat it. */
export function secretsOf(login: Credentials | undefined): readonly string[] {
  if (login === undefined) return [];
  return [login.kind === 'password' ? login.password : login.token];
}

function members(login: Credentials | undefined): Readonly<Record<string, string>> {
  if (login === undefined) return {};
  if (login.kind === 'password') return { username: login.username, password: login.password };
  if (login.kind === 'identity') return { identitytoken: login.token };
  return { registrytoken: login.token };
}
