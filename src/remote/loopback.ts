// Telling this machine from others by the host of an address, as it is written: no name is looked up.
import { BlockList, isIP } from 'node:net';

const loopback6 = new BlockList();
loopback6.addAddress('::1', 'ipv6');

/** True for `localhost`, 127.0.0.0/8 and ::1, as written in a URL or an image reference. */
export function isLoopback(hostname: string): boolean {
  const host = withoutBrackets(hostname).toLowerCase();
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family === 4 ? host.startsWith('127.') : family === 6 && loopback6.check(host, 'ipv6');
}

/** The address in `[::1]`; any other host as it is. */
export function withoutBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
