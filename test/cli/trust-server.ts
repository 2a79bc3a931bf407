// A trust server over real HTTPS on loopback, which answers with what a simulated repository has published.
// A test may put any other behaviour in the way.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isRoleName } from '../../src/tuf/role.ts';
import { answer, authority, httpsServer, temporaryDirectory } from '../remote/local-servers.ts';
import type { RepositorySimulator } from '../simulator/repository.ts';

/** True when it has answered, or wants no answer to be given. */
type Interference = (request: IncomingMessage, response: ServerResponse) => boolean;

export class SimulatedTrustServer {
  readonly url: string;
  /** File with the authority of its certificate. */
  readonly caFile: string;
  interfere: Interference | undefined;
  /** Paths asked for, in order. */
  readonly asked: string[] = [];

  private constructor(url: string, caFile: string) {
    this.url = url;
    this.caFile = caFile;
  }

  /** Closed by `closeServers`. */
  static async start(
    ...repositories: readonly RepositorySimulator[]
  ): Promise<SimulatedTrustServer> {
    const caFile = join(temporaryDirectory(), 'ca.crt');
    writeFileSync(caFile, authority.pem);
    let server: SimulatedTrustServer | undefined;
    const url = await httpsServer((request, response) => {
      server?.asked.push(request.url ?? '');
      if (server?.interfere?.(request, response) === true) return;
      const body = fileFor(request.url ?? '', repositories);
      if (body === undefined) answer(response, 404, '{"errors":[{"code":"METADATA_NOT_FOUND"}]}');
      else answer(response, 200, body, { 'content-type': 'application/json' });
    });
    server = new SimulatedTrustServer(url, caFile);
    return server;
  }

  /** Flags with which `paraph` finds and trusts it. */
  get flags(): readonly string[] {
    return ['--server', this.url, '--tls-ca', this.caFile];
  }
}

function fileFor(
  path: string,
  repositories: readonly RepositorySimulator[],
): Buffer | string | undefined {
  if (path === '/v2/') return '{}';
  const [, gun = '', file = ''] = /^\/v2\/(.+)\/_trust\/tuf\/(.+)\.json$/.exec(path) ?? [];
  const repository = repositories.find((candidate) => candidate.gun === gun);
  if (repository === undefined) return undefined;
  const [, version] = /^(\d+)\.root$/.exec(file) ?? [];
  if (version !== undefined) return repository.roots[Number(version) - 1];
  const [, role = file, sha256] = /^(.+)\.([0-9a-f]{64})$/.exec(file) ?? [];
  const bytes = isRoleName(role) ? repository.files.get(role) : undefined;
  if (sha256 === undefined || bytes === undefined) return bytes;
  return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
}
