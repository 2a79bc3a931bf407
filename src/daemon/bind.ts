// Binding the port of a daemon, and what an operator is told when that fails. The sockets are the callers'.
import { Failure } from '../errors.ts';
import { formatListenAddress, type ListenAddress } from './listen-address.ts';

/** What the system says of `::` on a machine without IPv6: built without it, or with it switched off. */
const noIpv6: ReadonlySet<unknown> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * Calls `listen` with the host of `address`; an empty one is every address, of both families where the machine has
 * both.
 * @param setting that names the address, for the remedy
 * @returns the port that was bound
 * @throws Failure CONFIG_INVALID when the address cannot be listened on
 */
export async function bind(
  listen: (host: string, port: number) => Promise<number>,
  address: ListenAddress,
  setting: string,
): Promise<number> {
  const { host, port } = address;
  try {
    if (host !== '') return await listen(host, port);
    return await listen('::', port).catch((error: NodeJS.ErrnoException) => {
      if (!noIpv6.has(error.code)) throw error;
      return listen('0.0.0.0', port);
    });
  } catch (cause) {
    throw cannotListen(address, setting, cause);
  }
}

/** The same words for both daemons. */
export function cannotListen(address: ListenAddress, setting: string, cause: unknown): Failure {
  return new Failure('CONFIG_INVALID', `${formatListenAddress(address)} cannot be listened on`, {
    cause,
    remedy: `Choose a free port and an address of this machine in ${setting}.`,
  });
}
