// The trust server as notary reaches it: asked first whether it is there, and without it everything goes on offline
// (client store §6). Reading begins without a login, and takes one when the server wants it.
//
// Invariant: offline is who cannot reach a server, or one in trouble. Somebody there who has not its certificate, or who
// answers as another service does, ends the command: else anybody on the way could keep this machine on old versions.
import { isOutage } from '../../client/consume/answer.ts';
import { asFailure, Failure, isFailure } from '../../errors.ts';
import { anonymous } from '../../remote/credentials.ts';
import { shownAddress } from '../../remote/foreign-text.ts';
import type { HttpClient } from '../../remote/http.ts';
import { connectTrustServer, type TrustServer, trustServerUrl } from '../../remote/trust-server.ts';
import { goWords } from '../go-text/failure-words.ts';
import { openHttp } from '../http.ts';
import type { World } from '../world.ts';
import type { ServerConfig } from './config.ts';
import type { NotaryConsole } from './console.ts';
import { offlineWords } from './failure-words.ts';
import { Login } from './login.ts';

export interface OpenServer {
  readonly server: TrustServer;
  close(): void;
}

/** Stands for an address that could hold a password. */
const unshown = 'what is configured';

/** What a command wants of the server: to read, or to change as well. */
export type Access = 'read' | 'write';

/**
 * The server of the configuration, or one that says of everything that the client is offline.
 * @throws Failure CONFIG_INVALID and DISK for an address or certificates that cannot be used; TLS_UNTRUSTED, UNAUTHORIZED,
 *   FORBIDDEN, NOT_A_TRUST_SERVER from who answers at the address
 */
export async function openServer(
  config: ServerConfig,
  access: Access,
  world: World,
  console: NotaryConsole,
): Promise<OpenServer> {
  requireAddress(config.url);
  const http = openConfigured(config, world, console);
  try {
    const server = await reach(config, access, { world, console, http });
    return { server, close: () => http.close() };
  } catch (error) {
    http.close();
    throw error;
  }
}

/** A server that nobody asks: for commands that work on what lies here. */
export function noServer(url: string): TrustServer {
  // Nobody has looked at the address yet.
  const named = shownAddress(url, unshown);
  return offline(named, new Failure('UNREACHABLE', 'this command asks no server'));
}

function openConfigured(config: ServerConfig, world: World, console: NotaryConsole): HttpClient {
  const { caFile, clientCertFile, clientKeyFile, isUnverified } = config;
  if ((clientCertFile === undefined) !== (clientKeyFile === undefined)) {
    throw new Failure('CONFIG_INVALID', 'either pass both client key and cert, or neither');
  }
  if (isUnverified) {
    const danger = 'anybody on the way can answer in its name, and read logins';
    console.log('warning', `remote_server.skipTLSVerify: ${config.url} is not verified, ${danger}`);
  }
  return openHttp(world, {
    isUnverified,
    ...(caFile === undefined ? {} : { caFile, exclusive: true }),
    ...(clientCertFile === undefined ? {} : { clientCertFile }),
    ...(clientKeyFile === undefined ? {} : { clientKeyFile }),
  });
}

interface Surroundings {
  readonly world: World;
  readonly console: NotaryConsole;
  readonly http: HttpClient;
}

async function reach(
  { url }: ServerConfig,
  access: Access,
  { world, console, http }: Surroundings,
): Promise<TrustServer> {
  const common = { url, http, allowsLoopbackHttp: true };
  const login = new Login(world, console, new URL(url).host);
  const withLogin = connectTrustServer({ ...common, credentials: login });
  const first =
    access === 'read' ? connectTrustServer({ ...common, credentials: anonymous }) : withLogin;
  try {
    await first.ping();
  } catch (error) {
    const problem = asFailure(error);
    if (problem.code === 'CONFIG_INVALID' || problem.code === 'DISK') throw unusable(problem);
    console.log('error', `could not reach ${url}: ${pingWords(url, problem)}`);
    if (!isOutage(problem)) throw problem;
    console.log('info', 'continuing in offline mode');
    return offline(url, problem);
  }
  return first === withLogin ? withLogin : anonymousFirst(first, withLogin);
}

/** As Go tells it: the status that came, or what became of the request. */
function pingWords(url: string, problem: Failure): string {
  const { status } = problem.facts;
  return status ?? `Get "${url.replace(/\/+$/, '')}/v2/": ${goWords(problem)}`;
}

function unusable(problem: Failure): Failure {
  return problem.with({ message: `unable to configure TLS: ${problem.message}` });
}

/** Reads without a login until the server wants one. */
function anonymousFirst(open: TrustServer, withLogin: TrustServer): TrustServer {
  let reader = open;
  return {
    url: open.url,
    ping: () => open.ping(),
    async fetch(gun, name, maxBytes) {
      try {
        return await reader.fetch(gun, name, maxBytes);
      } catch (error) {
        if (!isFailure(error, 'UNAUTHORIZED')) throw error;
        reader = withLogin;
        return withLogin.fetch(gun, name, maxBytes);
      }
    },
    publish: (gun, files) => withLogin.publish(gun, files),
    serverKey: (gun, role) => withLogin.serverKey(gun, role),
    rotateServerKey: (gun, role) => withLogin.rotateServerKey(gun, role),
    remove: (gun) => withLogin.remove(gun),
  };
}

function offline(url: string, problem: Failure): TrustServer {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new Failure('UNREACHABLE', offlineWords, {
        cause: problem,
        facts: problem.facts,
        remedy: problem.remedy,
        ...(problem.meaning === undefined ? {} : { meaning: problem.meaning }),
      }),
    );
  return {
    url,
    ping: refuse,
    fetch: refuse,
    publish: refuse,
    serverKey: refuse,
    rotateServerKey: refuse,
    remove: refuse,
  };
}

/** Before anything is told of the address. In notary's words. */
function requireAddress(url: string): void {
  const what = shownAddress(url, unshown);
  if (!/^[a-z][a-z\d+.-]*:/i.test(url)) {
    const message = `Trust server url has to be in the form of http(s)://URL:PORT. Got: ${what}`;
    throw new Failure('CONFIG_INVALID', message);
  }
  if (!URL.canParse(url)) {
    const message = `Could not parse remote trust server url (${what}): it is not a URL`;
    throw new Failure('CONFIG_INVALID', message);
  }
  trustServerUrl(url, true);
}
