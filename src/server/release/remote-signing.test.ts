// The signing service over real gRPC and mutual TLS on loopback, against a signer that a test can break.
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tlsFixtures } from '../../../test/daemon/tls-fixtures.ts';
import { HealthService } from '../../daemon/rpc/generated/health.ts';
import { KeyManagementService, SignerService } from '../../daemon/rpc/generated/signer.ts';
import { publicKeyFromSpki } from '../../tuf/public-key.ts';
import { isValidSignature } from '../../tuf/signature.ts';
import { RemoteSigning } from './remote-signing.ts';
import { SignerConnection, type SignerCredentials } from './signer-connection.ts';

const pem = (text: string) => Buffer.from(text);
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = publicKeyFromSpki(pair.publicKey.export({ type: 'spki', format: 'der' }));
const keyInfo = { keyID: { ID: key.id }, algorithm: { algorithm: 'ecdsa' } };

/** What the signer answers instead of doing its work. */
let fault: Partial<ServiceError> | 'silence' | undefined;
let answeredKey: unknown;
let calls: string[];
let server: Server;
let port: number;

beforeEach(async () => {
  fault = undefined;
  answeredKey = { keyInfo, publicKey: key.publicBytes };
  calls = [];
  port = await startSigner(0);
});
afterEach(() => server.forceShutdown());

async function startSigner(at: number): Promise<number> {
  server = new Server();
  const answer =
    <Request>(
      name: string,
      respond: (request: Request) => unknown,
    ): handleUnaryCall<Request, unknown> =>
    ({ request }, callback) => {
      calls.push(name);
      if (fault === 'silence') return;
      if (fault !== undefined) callback(fault);
      else callback(null, respond(request));
    };
  server.addService(KeyManagementService, {
    createKey: answer('createKey', () => answeredKey),
    getKeyInfo: answer('getKeyInfo', () => ({ ...Object(answeredKey), role: 'snapshot' })),
    deleteKey: answer('deleteKey', () => ({})),
  });
  server.addService(SignerService, {
    sign: answer('sign', ({ content }: { content: Buffer }) => ({
      keyInfo,
      algorithm: { algorithm: 'ecdsa' },
      content: sign('sha256', content, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }),
    })),
  });
  server.addService(HealthService, { check: answer('check', () => ({ status: 1 })) });
  const credentials = ServerCredentials.createSsl(
    pem(tlsFixtures.authority.cert),
    [{ cert_chain: pem(tlsFixtures.server.cert), private_key: pem(tlsFixtures.server.key) }],
    true,
  );
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${at}`, credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}

const identity = { cert: pem(tlsFixtures.client.cert), key: pem(tlsFixtures.client.key) };
const authority = pem(tlsFixtures.authority.cert);

function client({
  host = 'localhost',
  ...given
}: Partial<SignerCredentials> & { host?: string } = {}) {
  const credentials = async () => ({ authority, identity, ...given });
  return new RemoteSigning({ address: { host, port, credentials }, algorithm: 'ecdsa' });
}

const credentials = async () => ({ authority, identity });

async function using<T>(signing: RemoteSigning, work: (signing: RemoteSigning) => Promise<T>) {
  try {
    return await work(signing);
  } finally {
    await signing.close();
  }
}

describe('a signer that works', () => {
  it('makes keys, finds them, and signs with them', async () => {
    await using(client(), async (signing) => {
      await signing.check();
      expect((await signing.createKey('gun', 'snapshot')).id).toBe(key.id);
      expect((await signing.publicKey(key.id))?.publicBytes.equals(key.publicBytes)).toBe(true);
      const message = Buffer.from('message');
      const sig = await signing.sign(key.id, message);
      expect(isValidSignature(key, message, { keyId: key.id, method: 'ecdsa', sig })).toBe(true);
    });
  });

  it('is asked once for a public key, and for both of its services when it is checked', async () => {
    await using(client(), async (signing) => {
      await signing.publicKey(key.id);
      await signing.publicKey(key.id);
      expect(await signing.roleOf(key.id)).toBe('snapshot');
      await signing.check();
    });
    expect(calls).toEqual(['getKeyInfo', 'check', 'check']);
  });

  it('is not asked for a key that it just made, nor for the role of that', async () => {
    await using(client(), async (signing) => {
      const { id } = await signing.createKey('gun', 'timestamp');
      expect((await signing.publicKey(id))?.id).toBe(id);
      expect(await signing.roleOf(id)).toBe('timestamp');
    });
    expect(calls).toEqual(['createKey']);
  });

  it('is waited for while it restarts', async () => {
    await using(client(), async (signing) => {
      await signing.check();
      server.forceShutdown();
      const signatures = Array.from({ length: 5 }, () => signing.sign(key.id, Buffer.from('x')));
      // The first try has met the closed port by then.
      await delay(300);
      await startSigner(port);
      for (const sig of await Promise.all(signatures)) expect(sig).toHaveLength(64);
    });
  });

  it('is waited for once, and found by the first call after it is back', async () => {
    await using(client(), async (signing) => {
      await signing.check();
      server.forceShutdown();
      const unavailable = { code: 'SIGNER_UNAVAILABLE' };
      await expect(signing.check()).rejects.toMatchObject(unavailable);
      const begunMs = performance.now();
      await expect(signing.check()).rejects.toMatchObject(unavailable);
      expect(performance.now() - begunMs).toBeLessThan(2500);
      await startSigner(port);
      await signing.check();
      await signing.sign(key.id, Buffer.from('x'));
    });
  }, 15_000);
});

describe('a signer that is not to be had', () => {
  it('is unavailable, and its address stays private', async () => {
    server.forceShutdown();
    await using(client(), async (signing) => {
      await expect(signing.createKey('gun', 'snapshot')).rejects.toMatchObject({
        code: 'SIGNER_UNAVAILABLE',
        message: 'rpc error: code = Unavailable desc = the signing service did not answer',
      });
    });
  });

  it('is unavailable to a server that it does not know, or that does not know it', async () => {
    const stranger = { cert: pem(tlsFixtures.stranger.cert), key: pem(tlsFixtures.stranger.key) };
    for (const address of [
      { identity: stranger },
      { identity: undefined },
      { authority: pem(tlsFixtures.stranger.cert) },
      { authority: undefined },
      { host: '127.0.0.2' },
    ]) {
      await using(client(address), async (signing) => {
        await expect(signing.check()).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
      });
    }
    expect(calls).toEqual([]);
  });

  it('is given up at the deadline, and reached anew afterwards', async () => {
    const connection = new SignerConnection({ host: 'localhost', port, credentials });
    fault = 'silence';
    const overdue = connection.call(HealthService.check, { service: '' }, 200);
    await expect(overdue).rejects.toMatchObject({
      code: 'SIGNER_UNAVAILABLE',
      message: 'rpc error: code = DeadlineExceeded desc = the signing service did not answer',
    });
    fault = undefined;
    const answer = connection.call(HealthService.check, { service: '' }, 2000);
    await expect(answer).resolves.toMatchObject({ status: 1 });
    await connection.close();
  });

  it('is given up at the deadline when nothing answers at all', async () => {
    const held: Socket[] = [];
    const silent = createServer((socket) => held.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const at = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const connection = new SignerConnection({ host: '127.0.0.1', port: at, credentials });
    const overdue = connection.call(HealthService.check, { service: '' }, 300);
    await expect(overdue).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    await connection.close();
    for (const socket of held) socket.destroy();
    silent.close();
  });
});

describe('a connection on which nothing moves any more', () => {
  it('is given up with the call that shows it, and the next call has a new one', async () => {
    const pairs: (readonly [Socket, Socket])[] = [];
    const relay = createServer((near) => {
      const far = createConnection({ port, host: '127.0.0.1' });
      for (const socket of [near, far]) socket.on('error', () => {});
      near.pipe(far).pipe(near);
      pairs.push([near, far]);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const address = relay.address();
    const at = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const connection = new SignerConnection({ host: 'localhost', port: at, credentials });
    const ask = (deadlineMs: number) =>
      connection.call(HealthService.check, { service: '' }, deadlineMs);
    await ask(5000);
    await ask(5000);
    expect(pairs).toHaveLength(1);
    for (const socket of pairs.flat()) socket.unpipe().pause();
    await expect(ask(200)).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    await expect(ask(5000)).resolves.toMatchObject({ status: 1 });
    expect(pairs).toHaveLength(2);
    await connection.close();
    for (const socket of pairs.flat()) socket.destroy();
    relay.close();
  });
});

describe('the environment', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('does not switch off the check of the signer’s certificate', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await using(client({ authority: pem(tlsFixtures.stranger.cert) }), async (signing) => {
      await expect(signing.check()).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    });
  });

  it('does not put a proxy in between', async () => {
    for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy']) {
      vi.stubEnv(name, 'http://127.0.0.1:9');
    }
    await using(client(), (signing) => signing.check());
    expect(calls).toEqual(['check', 'check']);
  });
});

describe('certificates', () => {
  it('are read anew for each connection, so that they can be renewed or come later', async () => {
    let given: SignerCredentials | undefined;
    const late = async (): Promise<SignerCredentials> => {
      if (given === undefined) throw new Error('no such file');
      return given;
    };
    const address = { host: 'localhost', port, credentials: late };
    await using(new RemoteSigning({ address, algorithm: 'ecdsa' }), async (signing) => {
      const unavailable = { code: 'SIGNER_UNAVAILABLE' };
      await expect(signing.check()).rejects.toMatchObject(unavailable);
      given = { authority: pem(tlsFixtures.stranger.cert), identity };
      await expect(signing.check()).rejects.toMatchObject(unavailable);
      given = { authority, identity };
      await signing.check();
    });
  });
});

describe('a signer that refuses', () => {
  it('a key that it does not have is not found, in the words that Go’s clients know', async () => {
    fault = { code: status.NOT_FOUND, details: `signing key not found: ${key.id}` };
    await using(client(), async (signing) => {
      expect(await signing.publicKey(key.id)).toBeUndefined();
      expect(await signing.roleOf(key.id)).toBeUndefined();
      await expect(signing.sign(key.id, Buffer.from('x'))).rejects.toMatchObject({
        code: 'SIGNING_KEY_NOT_FOUND',
        message: `rpc error: code = NotFound desc = key ${key.id} not found`,
      });
    });
  });

  it('a key that it cannot open is an alarm, not a missing key', async () => {
    fault = { code: status.FAILED_PRECONDITION, details: 'key x cannot be opened' };
    await using(client(), async (signing) => {
      const locked = { code: 'SIGNING_KEY_LOCKED' };
      await expect(signing.publicKey(key.id)).rejects.toMatchObject(locked);
      await expect(signing.sign(key.id, Buffer.from('x'))).rejects.toMatchObject(locked);
    });
  });

  it('content of another role than that of the key is no passphrase that is missing', async () => {
    const details = 'key x does not sign: it was made for the role timestamp [KEY_ROLE_MISMATCH]';
    fault = { code: status.FAILED_PRECONDITION, details };
    await using(client(), async (signing) => {
      await expect(signing.sign(key.id, Buffer.from('x'))).rejects.toMatchObject({
        code: 'KEY_ROLE_MISMATCH',
        message: `rpc error: code = FailedPrecondition desc = ${details}`,
      });
    });
  });

  it('a message beyond the limit fails in either direction', async () => {
    answeredKey = { keyInfo, publicKey: Buffer.alloc(5_000_000) };
    await using(client(), async (signing) => {
      const tooLarge = {
        code: 'SIGNING_FAILED',
        message: expect.stringContaining('code = ResourceExhausted'),
      };
      await expect(signing.publicKey(key.id)).rejects.toMatchObject(tooLarge);
      await expect(signing.sign(key.id, Buffer.alloc(5_000_000))).rejects.toMatchObject(tooLarge);
      await signing.check();
    });
    expect(calls).not.toContain('sign');
  });

  it('anything else is handed on in Go’s form, shortened', async () => {
    fault = { code: status.UNKNOWN, details: `algorithm rsa ${'x'.repeat(5000)}` };
    await using(client(), async (signing) => {
      const refused = signing.createKey('gun', 'timestamp');
      await expect(refused).rejects.toMatchObject({
        code: 'SIGNING_FAILED',
        message: expect.stringMatching(
          /^rpc error: code = Unknown desc = algorithm rsa x{200,300}$/,
        ),
      });
    });
  });
});

describe('a signer that lies', () => {
  it('is found out when it names a key by a wrong id, or answers with another one', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const otherKey = publicKeyFromSpki(other.export({ type: 'spki', format: 'der' }));
    const lies = [
      { keyInfo, publicKey: otherKey.publicBytes },
      { keyInfo: { ...keyInfo, algorithm: { algorithm: 'unknown' } }, publicKey: key.publicBytes },
      { publicKey: key.publicBytes },
      {
        keyInfo: { ...keyInfo, keyID: { ID: otherKey.id } },
        publicKey: otherKey.publicBytes,
      },
    ];
    for (const lie of lies) {
      answeredKey = lie;
      await using(client(), async (signing) => {
        await expect(signing.publicKey(key.id)).rejects.toMatchObject({ code: 'SIGNING_FAILED' });
      });
    }
  });

  it('is not healthy when it says so itself', async () => {
    server.removeService(HealthService);
    server.addService(HealthService, {
      check: (_call: unknown, callback: (error: null, response: unknown) => void) =>
        callback(null, { status: 2 }),
    });
    await using(client(), async (signing) => {
      await expect(signing.check()).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    });
  });
});
