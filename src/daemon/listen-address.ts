// Where a daemon listens: reading `host:port`, and telling loopback, private and public addresses apart, for whatever a
// configuration names. Binding is the caller's.
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Failure } from '../errors.ts';

export interface ListenAddress {
  /** A name, an address without brackets, or empty for every address of the machine. */
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
}

export type Reach = 'loopback' | 'private' | 'public';

const maxPort = 65_535;
const hostAndPort = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/;

const loopback = blockList(['127.0.0.0', 8], ['::1', 128]);
/** Networks that the internet does not route: private use, link-local, shared address space, unique local. */
const unrouted = blockList(
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
  ['fe80::', 10],
);

/** Reads `host:port`, `:port` or `[address]:port`, as Go does. @throws Failure CONFIG_INVALID */
export function parseListenAddress(text: string, setting: string): ListenAddress {
  const [, bracketed, plain, digits] = hostAndPort.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > maxPort) {
    throw new Failure('CONFIG_INVALID', `${setting} is not HOST:PORT`, { facts: { setting } });
  }
  return { host: bracketed ?? plain ?? '', port };
}

/** `host:port`, with brackets where the host has colons. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * How far away peers may be that reach a listener on `host`: the widest of its addresses. Every address of the
 * machine counts for an empty or unspecified host.
 * @throws Failure CONFIG_INVALID when a name cannot be resolved
 */
export async function reachOf(
  host: string,
  machine: () => readonly string[] = machineAddresses,
): Promise<Reach> {
  const isUnspecified = host === '' || host === '0.0.0.0' || host === '::';
  // A listener on every address is never counted as loopback, whatever interfaces are up at this moment.
  if (isUnspecified)
    return machine().some((address) => reachOfAddress(address) === 'public') ? 'public' : 'private';
  const reaches = (await resolveHost(host)).map(reachOfAddress);
  if (reaches.includes('public')) return 'public';
  return reaches.includes('private') ? 'private' : 'loopback';
}

/** Whether `host`, as it is written, is this machine: `localhost`, or an address of loopback. No name is looked up. */
export function isLoopbackHost(host: string): boolean {
  return (
    host.toLowerCase() === 'localhost' || (isIP(host) !== 0 && reachOfAddress(host) === 'loopback')
  );
}

async function resolveHost(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `the listen address ${host} cannot be resolved`, { cause });
  }
}

function reachOfAddress(address: string): Reach {
  // Node writes IPv4 in IPv6 as ::ffff:127.0.0.1.
  const plain =
    address.toLowerCase().startsWith('::ffff:') && address.includes('.')
      ? address.slice('::ffff:'.length)
      : (address.split('%', 1)[0] ?? address);
  const family = isIP(plain) === 4 ? 'ipv4' : 'ipv6';
  if (loopback.check(plain, family)) return 'loopback';
  return unrouted.check(plain, family) ? 'private' : 'public';
}

function machineAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
}

function blockList(...networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, bits] of networks) {
    list.addSubnet(network, bits, isIP(network) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
