// Debian's docker-registry, storing below the scratch.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyPair } from './certificates.ts';
import { hostNetwork, type Network } from './network.ts';
import { peer } from './peers.ts';
import { freePort, type Program, startProgram } from './program.ts';
import type { Scratch } from './scratch.ts';

export interface DockerRegistry {
  readonly program: Program;
  readonly port: number;
  /** `http://ADDRESS:PORT`, or https */
  readonly url: string;
  /** Where it stores: a test may tamper here. */
  readonly storage: string;
}

/** Plain HTTP without `tls`. */
export async function startDockerRegistry(
  scratch: Scratch,
  network: Network = hostNetwork,
  tls?: KeyPair,
): Promise<DockerRegistry> {
  const port = await freePort();
  const storage = await scratch.folder('registry');
  const config = join(scratch.path, 'registry.yml');
  const lines = [
    'version: 0.1',
    'log: {level: warn, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: '${storage}'}, delete: {enabled: true}}`,
    'http:',
    `  addr: '${network.address}:${port}'`,
    '  secret: none',
    ...(tls ? [`  tls: {certificate: '${tls.certFile}', key: '${tls.keyFile}'}`] : []),
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const program = await startProgram(scratch, {
    name: 'docker-registry',
    command: peer('docker-registry'),
    args: ['serve', config],
    network,
    ready: () => network.accepts(port),
  });
  return { program, port, url: `${tls ? 'https' : 'http'}://${network.address}:${port}`, storage };
}
