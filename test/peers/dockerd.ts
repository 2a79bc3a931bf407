// A real docker engine without containers: images only, stored below the scratch, no network set-up of
// its own. It runs in the private network that it is given.
import { join } from 'node:path';
import type { Network } from './network.ts';
import { peer } from './peers.ts';
import { type Program, runCommand, startProgram } from './program.ts';
import type { Scratch } from './scratch.ts';

export interface Engine {
  readonly program: Program;
  /** Value for DOCKER_HOST. */
  readonly host: string;
}

/** `insecureRegistry` is the HOST:PORT that the engine may speak plain HTTP to. */
export async function startDockerd(
  scratch: Scratch,
  network: Network,
  insecureRegistry: string,
): Promise<Engine> {
  const folder = await scratch.folder('engine');
  const socket = join(folder, 'e.sock');
  const program = await startProgram(scratch, {
    name: 'dockerd',
    command: peer('dockerd'),
    args: [
      '--log-level=warn',
      '--iptables=false',
      '--ip6tables=false',
      '--bridge=none',
      '--storage-driver=vfs',
      `--insecure-registry=${insecureRegistry}`,
      `--data-root=${join(folder, 'data')}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'pid')}`,
      `--host=unix://${socket}`,
    ],
    network,
    async ready() {
      const ping = ['-s', '--unix-socket', socket, 'http://engine/_ping'];
      return (await runCommand(peer('curl'), ping)).stdout === 'OK';
    },
  });
  return { program, host: `unix://${socket}` };
}
