// The real programs that tests run against, how each is found, and which test file needs which. A file
// of test/interop runs only where all its peers are; what is left out is said, never silent. This is
// read by vitest.config.ts (which files run) and by scripts/test.mjs (what is said).
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Peer {
  /** Names the program; it may be found under several. */
  readonly program: string;
  /** Output of a run with these arguments must match; without them, being there is enough. */
  readonly proof?: { readonly args: readonly string[]; readonly output: RegExp };
  /** What to install or provide, for whoever reads that it is missing. */
  readonly from: string;
}

export const peers = {
  notary: { program: 'notary', from: 'the Debian package notary' },
  'notary-server': { program: 'notary-server', from: 'the Debian package notary' },
  'notary-signer': { program: 'notary-signer', from: 'the Debian package notary' },
  'docker-registry': { program: 'docker-registry', from: 'the Debian package docker-registry' },
  openssl: { program: 'openssl', from: 'the Debian package openssl' },
  curl: { program: 'curl', from: 'the Debian package curl' },
  skopeo: { program: 'skopeo', from: 'the Debian package skopeo' },
  dockerd: { program: 'dockerd', from: 'the Debian package docker.io' },
  'docker-28': {
    program: 'docker',
    proof: { args: ['--version'], output: /^Docker version 28\./ },
    from: 'a docker CLI of version 28, the last with content trust, on the PATH',
  },
  namespaces: {
    program: 'unshare',
    proof: { args: ['--net', '--mount', 'ip', '-V'], output: /iproute2/ },
    from: 'root, and the Debian packages util-linux and iproute2',
  },
} as const satisfies Readonly<Record<string, Peer>>;

export type PeerName = keyof typeof peers;

/** What each journey needs, whatever it runs on. */
const goClient = ['notary', 'docker-28', 'openssl', 'curl'] as const;
const dockerCli = ['docker-28', 'notary', 'docker-registry', 'openssl', 'curl'] as const;
const engine = [
  'docker-28',
  'dockerd',
  'namespaces',
  'docker-registry',
  'openssl',
  'curl',
] as const;
const paraph = [...dockerCli, 'skopeo'] as const;
const goServices = ['notary-server', 'notary-signer'] as const;

/** Every file of test/interop, with the peers without which it cannot run. */
export const interopFiles: Readonly<Record<string, readonly PeerName[]>> = {
  'test/interop/documented-commands.test.ts': [],
  'test/interop/docker-cli-on-go-services.test.ts': [...dockerCli, ...goServices],
  'test/interop/docker-cli-on-our-services.test.ts': dockerCli,
  'test/interop/engine-on-go-services.test.ts': [...engine, ...goServices],
  'test/interop/engine-on-our-services.test.ts': engine,
  'test/interop/go-client-on-go-services.test.ts': [...goClient, ...goServices],
  'test/interop/go-client-on-our-server.test.ts': [...goClient, 'notary-signer'],
  'test/interop/go-client-on-our-services.test.ts': goClient,
  'test/interop/go-client-on-our-signer.test.ts': [...goClient, 'notary-server'],
  'test/interop/paraph-on-go-services.test.ts': [...paraph, ...goServices],
  'test/interop/paraph-on-our-services.test.ts': paraph,
  'test/interop/signer-custody.test.ts': ['notary', 'openssl'],
  'test/interop/kill-our-services.test.ts': ['notary', 'openssl'],
};

const found = new Map<PeerName, string | undefined>();

/** Absolute path of the peer's program, or undefined when this machine has none that fits. */
export function findPeer(name: PeerName): string | undefined {
  if (!found.has(name)) found.set(name, search(peers[name]));
  return found.get(name);
}

/** As `findPeer`, for a test that runs only where the peer is. */
export function peer(name: PeerName): string {
  const path = findPeer(name);
  if (path === undefined) throw new Error(`${name} is not here: install ${peers[name].from}`);
  return path;
}

export function missingPeers(): readonly PeerName[] {
  return (Object.keys(peers) as PeerName[]).filter((name) => findPeer(name) === undefined);
}

/** The files of test/interop whose peers are all here. */
export function runnableFiles(): readonly string[] {
  const missing = missingPeers();
  return Object.entries(interopFiles)
    .filter(([, needs]) => needs.every((name) => !missing.includes(name)))
    .map(([file]) => file);
}

function search({ program, proof }: Peer): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((path) => isExecutable(path) && (proof === undefined || proves(path, proof)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function proves(path: string, proof: NonNullable<Peer['proof']>): boolean {
  const { stdout, status } = spawnSync(path, proof.args, { encoding: 'utf8', timeout: 10_000 });
  return status === 0 && proof.output.test(stdout);
}
