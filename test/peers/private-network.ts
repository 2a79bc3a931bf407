// A network and mount namespace of a test's own, where an address that is not loopback has a name: docker
// checks no TLS for image names that resolve to loopback, so what must check TLS runs here.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from './network.ts';
import { diesWithUs, runCommand } from './program.ts';
import type { Scratch } from './scratch.ts';

/** Not loopback; it exists inside the namespace alone. */
const namespaceAddress = '10.99.0.1';

/**
 * A network of its own in which `names` resolve to one address that is not loopback. The mounts are its
 * own too, for its hosts file. It lasts until the scratch ends.
 */
export async function privateNetwork(scratch: Scratch, names: readonly string[]): Promise<Network> {
  const hosts = join(scratch.path, 'hosts');
  await writeFile(hosts, `127.0.0.1 localhost\n${namespaceAddress} ${names.join(' ')}\n`);
  const setUp = [
    `mount --bind '${hosts}' /etc/hosts`,
    'ip link set lo up',
    `ip addr add ${namespaceAddress}/32 dev lo`,
    'echo ready',
    'exec sleep infinity',
  ];
  const command = ['unshare', '--net', '--mount', 'sh', '-ec', setUp.join('; ')];
  const keeper = spawn('setpriv', diesWithUs(command), { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise<void>((resolve) => keeper.on('exit', () => resolve()));
  scratch.defer(async () => {
    keeper.kill('SIGKILL');
    await gone;
  });
  await new Promise<void>((resolve, reject) => {
    keeper.stdout.once('data', () => resolve());
    keeper.stderr.once('data', (text: Buffer) => reject(new Error(text.toString())));
    void gone.then(() => reject(new Error('no namespace')));
  });
  return inside(keeper.pid ?? 0);
}

function inside(pid: number): Network {
  const enter = ['nsenter', `--net=/proc/${pid}/ns/net`, `--mount=/proc/${pid}/ns/mnt`, '--'];
  const network: Network = {
    address: namespaceAddress,
    command: (command, args) => [...enter, command, ...args],
    async accepts(port) {
      const test = `exec 3<>/dev/tcp/${namespaceAddress}/${port}`;
      const { status } = await runCommand('bash', ['-c', test], { network });
      return status === 0;
    },
  };
  return network;
}
