// NODE_TLS_REJECT_UNAUTHORIZED=0, which Node obeys wherever a program does not say otherwise: somebody set it once, for
// another program, and from then on everybody on the network is the trust server.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, expect, it } from 'vitest';
import { HealthService } from '../../src/daemon/rpc/generated/health.ts';
import { RpcServer } from '../../src/daemon/rpc/rpc-server.ts';
import { unary } from '../../src/daemon/rpc/unary.ts';
import { bundleOptions } from '../bundle.ts';
import { TestAuthority } from '../remote/authority.ts';
import { closeServers, httpsServer, temporaryDirectory } from '../remote/local-servers.ts';

const stranger = new TestAuthority().issue({ names: ['localhost', 'trust.example.com'] });
const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  closeServers();
});

it('NODE_TLS_REJECT_UNAUTHORIZED=0 makes nobody trusted, and nothing is sent to them', async () => {
  const sent: (string | undefined)[] = [];
  const origin = await httpsServer((request, response) => {
    sent.push(request.headers.authorization);
    response.end('{}');
  }, stranger);
  const { port } = new URL(origin);
  const proxies = [createServer(), createTlsServer(stranger)].map((server) =>
    tunnelTo(Number(port), server),
  );
  const [plainPort, tlsPort] = await Promise.all(proxies);
  const program = await bundled();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      program,
      port,
      `http://127.0.0.1:${plainPort}`,
      `https://localhost:${tlsPort}`,
      String(await strangeSigner()),
    ],
    { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, cwd: process.cwd() },
  );
  expect(JSON.parse(stdout)).toEqual({
    node: 'answered',
    direct: 'TLS_UNTRUSTED',
    tunnel: 'TLS_UNTRUSTED',
    proxy: 'TLS_UNTRUSTED',
    signer: 'SIGNER_UNAVAILABLE',
  });
  // Node's own question, and none of ours.
  expect(sent).toEqual([undefined]);
});

async function bundled(): Promise<string> {
  const outfile = join(temporaryDirectory(), 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./programs/tls-clients.ts', import.meta.url))],
    outfile,
    ...bundleOptions,
    packages: 'bundle',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

/** A proxy that leads every tunnel to `port` on loopback; resolves to its own port. */
async function tunnelTo(port: number, proxy: Server): Promise<number> {
  const sockets = new Set<Socket>();
  proxy.on('connection', (socket: Socket) => sockets.add(socket));
  proxy.on('connect', (_request, client) => {
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(onward).pipe(client);
    });
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
    client.on('close', () => onward.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function strangeSigner(): Promise<number> {
  const server = new RpcServer({
    tls: { cert: Buffer.from(stranger.cert), key: Buffer.from(stranger.key), clientCa: undefined },
    services: [[HealthService, { check: unary(async () => ({ status: 1 })) }]],
    maxMessageBytes: 1_000_000,
  });
  closers.push(() => server.close(100));
  return server.listen('127.0.0.1', 0);
}
