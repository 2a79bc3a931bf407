// A trust server of a test, reached from a child process: plain HTTP on loopback, one request for each call.
import { createServer, request as send } from 'node:http';
import { JsonView } from '../../src/encoding/json-view.ts';
import { parseJson } from '../../src/encoding/strict-json.ts';
import { asFailure, type ErrorCode, Failure } from '../../src/errors.ts';
import type { MetadataName, TrustServer } from '../../src/remote/trust-server.ts';
import { type PublicKey, parsePublicKey } from '../../src/tuf/public-key.ts';
import { isRoleName, type RoleName } from '../../src/tuf/role.ts';

interface Request {
  readonly call: 'fetch' | 'publish' | 'serverKey' | 'rotateServerKey' | 'remove';
  readonly gun: string;
  readonly name?: MetadataName;
  readonly maxBytes?: number;
  readonly role?: 'snapshot' | 'timestamp';
  readonly files?: readonly (readonly [string, string])[];
}

/** Serves `server` to children; resolves to its address and how to stop it. */
export async function serve(
  server: TrustServer,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as Request;
      answer(server, asked).then(
        (body) => response.writeHead(body === undefined ? 404 : 200).end(body),
        (error: unknown) => {
          const { code, message } = asFailure(error);
          response.writeHead(500).end(JSON.stringify({ code, message }));
        },
      );
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  };
}

async function answer(server: TrustServer, asked: Request): Promise<Buffer | string | undefined> {
  const { gun } = asked;
  if (asked.call === 'fetch') return server.fetch(gun, asked.name!, asked.maxBytes!);
  if (asked.call === 'serverKey' || asked.call === 'rotateServerKey') {
    const { keyType, publicBytes } = await server[asked.call](gun, asked.role!);
    const keyval = { private: null, public: publicBytes.toString('base64') };
    return JSON.stringify({ keytype: keyType, keyval });
  }
  if (asked.call === 'remove') {
    await server.remove(gun);
    return '';
  }
  const files = new Map<RoleName, Buffer>();
  for (const [role, text] of asked.files!) {
    if (isRoleName(role)) files.set(role, Buffer.from(text, 'base64'));
  }
  await server.publish(gun, files);
  return '';
}

/** By node:http, because the global fetch takes longer to load than a whole signing. */
function post(url: string, text: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = send(url, { method: 'POST' }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
      );
    });
    request.on('error', reject);
    request.end(text);
  });
}

/** A moment before a request, or after one that may have changed the server. */
export type RequestStep = (hasChanged: boolean, name: string) => Promise<void>;

/** The served server, in the child. `step` is called before each request and after each answer. */
export function reach(url: string, step: RequestStep): TrustServer {
  async function ask(request: Request): Promise<Buffer | undefined> {
    await step(false, `request ${request.call}`);
    const { status, body } = await post(url, JSON.stringify(request));
    await step(request.call !== 'fetch', `answer ${request.call}`);
    if (status === 404) return undefined;
    if (status === 200) return body;
    const { code, message } = JSON.parse(body.toString()) as { code: ErrorCode; message: string };
    throw new Failure(code, message);
  }
  const key = async (request: Request): Promise<PublicKey> =>
    parsePublicKey(new JsonView(parseJson((await ask(request))!), 'key'));
  return {
    url,
    ping: async () => undefined,
    fetch: (gun, name, maxBytes) => ask({ call: 'fetch', gun, name, maxBytes }),
    async publish(gun, files) {
      const list = [...files].map(([role, bytes]) => [role, bytes.toString('base64')] as const);
      await ask({ call: 'publish', gun, files: list });
    },
    serverKey: (gun, role) => key({ call: 'serverKey', gun, role }),
    rotateServerKey: (gun, role) => key({ call: 'rotateServerKey', gun, role }),
    remove: async (gun) => void (await ask({ call: 'remove', gun })),
  };
}
