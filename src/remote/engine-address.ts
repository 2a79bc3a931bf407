// Where an engine listens, as `-H`, DOCKER_HOST and contexts write it: parsed as docker does, with its words where it
// refuses. Nothing is looked up or opened here.
import { Failure } from '../errors.ts';
import { shown, shownAddress } from './foreign-text.ts';

export type EngineAddress =
  /** `shown` is the address as docker writes it in messages. */
  | { readonly kind: 'unix'; readonly path: string; readonly shown: string }
  | { readonly kind: 'tcp'; readonly url: URL; readonly shown: string };

/** What an address means where it leaves something out. */
export interface AddressDefaults {
  readonly isTls: boolean;
}

const defaultSocket = '/var/run/docker.sock';
const plainPort = '2375';
const tlsPort = '2376';
/** Longer socket paths do not fit into the system's address; the limit of `sun_path` on Linux, less the zero. */
const maxSocketPathBytes = 107;

const registryWay =
  'Or push with docker and run: paraph sign IMAGE:TAG, which signs what the registry has and needs no engine.';

/**
 * Reads `host`; empty means where an engine listens by default.
 * @throws Failure CONFIG_INVALID for what is no address, and for ssh:// and npipe://, which are not spoken here
 */
export function parseEngineAddress(host: string, { isTls }: AddressDefaults): EngineAddress {
  const text = host.trim();
  if (text === '') {
    return isTls
      ? tcpAddress(`tcp://localhost:${tlsPort}`, '', isTls)
      : unixAddress('', `unix://${defaultSocket}`);
  }
  const [, scheme = 'tcp', rest = text] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === 'unix') return unixAddress(rest, text);
  if (scheme === 'tcp') return tcpAddress(text, rest, isTls);
  if (scheme === 'ssh') throw overSsh(text);
  if (scheme === 'npipe') throw overPipe(text);
  throw new Failure('CONFIG_INVALID', `invalid bind address format: ${shown(text, 120)}`, {
    remedy: 'Write unix:///PATH or tcp://HOST:PORT in DOCKER_HOST.',
  });
}

function unixAddress(rest: string, text: string): EngineAddress {
  const path = rest === '' ? defaultSocket : rest;
  if (path.includes('\0') || Buffer.byteLength(path) > maxSocketPathBytes) {
    throw new Failure('CONFIG_INVALID', `${shown(text, 120)} is not the path of a socket`, {
      remedy: `The path of a socket has at most ${maxSocketPathBytes} bytes.`,
    });
  }
  return { kind: 'unix', path, shown: `unix://${path}` };
}

function tcpAddress(text: string, rest: string, isTls: boolean): EngineAddress {
  const port = isTls ? tlsPort : plainPort;
  const hostPort = rest === '' ? 'localhost' : rest.startsWith(':') ? `localhost${rest}` : rest;
  const scheme = isTls ? 'https' : 'http';
  const href = `${scheme}://${hostPort}`;
  if (!URL.canParse(href)) throw invalidTcp(text);
  const url = new URL(href);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalidTcp(text);
  }
  // URL drops a port that is the usual one of its scheme, which is none of docker's.
  const written = /:(\d+)(?:\/|$)/.exec(hostPort.replace(/^\[[^\]]*\]/, ''))?.[1];
  if (written === undefined) url.port = port;
  const path = url.pathname === '/' ? '' : url.pathname;
  return { kind: 'tcp', url, shown: `tcp://${url.hostname}:${written ?? port}${path}` };
}

/** The address itself is left out: it may hold a password. */
function invalidTcp(text: string): Failure {
  const where = shownAddress(text, 'the address of the engine');
  return new Failure('CONFIG_INVALID', `invalid bind address format: ${where}`, {
    remedy: 'Write tcp://HOST:PORT, with neither login nor query.',
  });
}

function overSsh(text: string): Failure {
  const [, target = 'HOST'] = /^ssh:\/\/([\w.@-]+)/.exec(text) ?? [];
  return new Failure(
    'CONFIG_INVALID',
    `${shown(text, 120)}: engines behind ssh are not spoken to`,
    {
      meaning:
        'docker starts ssh and `docker system dial-stdio` there; docker-trust starts no programs for that.',
      remedy:
        `Forward the socket, and name it:\n  ssh -fnNT -L /tmp/docker.sock:${defaultSocket} ${target}\n` +
        `  export DOCKER_HOST=unix:///tmp/docker.sock\n${registryWay}`,
    },
  );
}

function overPipe(text: string): Failure {
  return new Failure('CONFIG_INVALID', `${shown(text, 120)}: protocol not available`, {
    meaning: 'Named pipes exist on Windows alone.',
    remedy: `Let the engine listen on tcp:// too, or use unix:// on this system.\n${registryWay}`,
  });
}
