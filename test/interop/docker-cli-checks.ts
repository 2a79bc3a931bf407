// Runs docker-cli-smoke.sh: the docker CLI 28, or a front end in its place, through every `docker trust` journey, with a
// real registry and a stand-in for the engine, against the pairing that is given.
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { startDockerRegistry } from '../peers/docker-registry.ts';
import { peer } from '../peers/peers.ts';
import { runCommand } from '../peers/program.ts';
import type { Scratch } from '../peers/scratch.ts';
import { type Pairing, startTrustServices } from '../peers/trust-services.ts';

/** A few seconds, if nobody else wants the machine. */
const timeoutMs = 240_000;

interface FrontEnd {
  /** Makes the program and gives its path. */
  readonly program: (scratch: Scratch) => Promise<string>;
  readonly name: string;
  /** All checks of the script; fewer would mean that it stopped on its way. */
  readonly checks: number;
}

const dockerCli: FrontEnd = {
  program: () => Promise.resolve(peer('docker-28')),
  name: 'the docker CLI',
  checks: 80,
};

export function dockerCliChecks(
  scratch: Scratch,
  pairing: Pairing,
  { program, name, checks }: FrontEnd = dockerCli,
): void {
  it(
    `passes the ${checks} checks of ${name} on ${pairing.server} with ${pairing.signer}`,
    async () => {
      const services = await startTrustServices(scratch, pairing);
      const registry = await startDockerRegistry(scratch);
      const { status, stdout } = await runCommand(
        'bash',
        [resolve('test/interop/docker-cli-smoke.sh')],
        {
          cwd: scratch.path,
          timeoutMs,
          env: {
            TMPDIR: scratch.path,
            TRUST_SERVER: services.url,
            CA_FILE: services.caFile,
            REGISTRY: registry.url,
            DOCKER: await program(scratch),
            NOTARY: peer('notary'),
            NODE: process.execPath,
          },
        },
      );
      const lines = stdout.split('\n');
      expect(lines.filter((line) => /^not ok|^#   /.test(line) && !line.includes('quirk'))).toEqual(
        [],
      );
      expect(lines.filter((line) => line.startsWith('ok '))).toHaveLength(checks);
      expect(status).toBe(0);
    },
    timeoutMs,
  );
}
