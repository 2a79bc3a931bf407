// A signer under a client that sends anything: random and mutated messages to every call, frames that lie about their
// length and compression, bytes that are no HTTP/2, and more streams than it takes. It answers each with a status of
// gRPC or ends the stream, never crashes, holds a bounded memory, and serves an honest client meanwhile.
//
// Runs are seeded. PARAPH_FUZZ_RUNS=5000 makes it long, PARAPH_FUZZ_SEED=… repeats a run.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { credentials } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HealthCheckRequest } from '../../src/daemon/rpc/generated/health.ts';
import {
  CreateKeyRequest,
  KeyID,
  SignatureRequest,
} from '../../src/daemon/rpc/generated/signer.ts';
import { bundleProgram, type Child, runProgram } from '../daemon/child-program.ts';
import { frame, type RawAnswer, type RawCall, RawSigner } from '../signer/raw-calls.ts';
import { connect, metadata, type SignerConnection } from '../signer/signer-harness.ts';

const runs = Number(process.env.PARAPH_FUZZ_RUNS ?? 150);
const seed = Number(process.env.PARAPH_FUZZ_SEED ?? 20_261_125);
const timeoutMs = 20_000 + runs * 100;

/** Most that the signer may ever hold, as the kernel counts it: a fresh one takes about 90 MB. */
const maxResidentKilobytes = 350_000;
/** With an unbounded heap, what leaks would only be seen by who waits. */
const maxHeapMegabytes = 96;
const maxMessageBytes = 4 * 1024 * 1024;

let dir: string;
let child: Child;
let ca: Buffer;
let port: number;
let honest: SignerConnection;
let raw: RawSigner;
/** A key that nobody else knows of, and one that anything may be done to. */
let honestId: string;
let knownId: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-fuzz-'));
  child = runProgram(await bundleProgram(join(dir, 'program'), 'signer'), [], {
    PARAPH_SIGNER_DATA_DIR: join(dir, 'data'),
    PARAPH_SIGNER_STORAGE_BACKEND: 'memory',
    NOTARY_SIGNER_SERVER_GRPC_ADDR: '127.0.0.1:0',
    NODE_OPTIONS: `--max-old-space-size=${maxHeapMegabytes}`,
  });
  await child.says('the signer listens');
  port = Number(/"address":"127\.0\.0\.1:(\d+)"/.exec(child.output())?.[1]);
  ca = await readFile(join(dir, 'data', 'signer.crt'));
  honest = connect(`localhost:${port}`, credentials.createSsl(ca));
  const newKey = async (gun: string) =>
    (await honest.createKey('ecdsa', gun, 'timestamp')).keyInfo!.keyID!.ID;
  honestId = await newKey('example.com/honest');
  knownId = await newKey('example.com/known');
  raw = await RawSigner.open(port, ca);
});

afterAll(async () => {
  raw.close();
  honest.close();
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
  await rm(dir, { recursive: true });
});

/** The signer is the same process, serves, and never held more than it may. */
async function isWell(): Promise<void> {
  const { content } = await honest.sign(honestId, metadata('Timestamp', 1));
  expect(content).toHaveLength(64);
  const facts = await readFile(`/proc/${child.process.pid}/status`, 'utf8');
  expect(Number(/^VmHWM:\s+(\d+) kB/m.exec(facts)?.[1])).toBeLessThan(maxResidentKilobytes);
  expect(child.output()).not.toMatch(/"level":"fatal"|"code":"INTERNAL"|Node warns/);
}

async function call(asked: RawCall): Promise<RawAnswer> {
  if (raw.isClosed) raw = await RawSigner.open(port, ca);
  return raw.call(asked);
}

const createKey = '/proto.KeyManagement/CreateKey';
const sign = '/proto.Signer/Sign';
const paths = [
  createKey,
  '/proto.KeyManagement/DeleteKey',
  '/proto.KeyManagement/GetKeyInfo',
  sign,
  '/grpc.health.v1.Health/Check',
];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', 'ecdsa', 'ed25519', 'timestamp', 'snapshot', '__proto__', '\0', '🔑'),
  fc.constant(undefined).map(() => knownId),
);
const bytes = fc.uint8Array({ maxLength: 400 });

/** Messages as a client would send them, to whichever call. */
const message: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .record({ algorithm: text, gun: text, role: text })
    .map((request) => CreateKeyRequest.encode(request).finish()),
  text.map((ID) => KeyID.encode({ ID }).finish()),
  fc
    .record({ ID: text, content: fc.oneof(bytes, fc.constant(metadata('Timestamp', 7))) })
    .map(({ ID, content }) =>
      SignatureRequest.encode({ keyID: { ID }, content: Buffer.from(content) }).finish(),
    ),
  text.map((service) => HealthCheckRequest.encode({ service }).finish()),
);

/** `original` with some of its bytes changed, repeated or missing. */
const mutated = fc
  .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { maxLength: 6 }))
  .map(([original, changes]) => {
    const result = [...original];
    for (const [place, byte, kind] of changes) {
      const at = place % (result.length + 1);
      if (kind === 0) result[at] = byte;
      else if (kind === 1) result.splice(at, 0, ...result.slice(at, at + byte));
      else result.splice(at, byte);
    }
    return Uint8Array.from(result);
  });

const framed = fc
  .tuple(
    fc.oneof(message, mutated, bytes),
    fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2, 255)),
    fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.nat(2 ** 32 - 1), fc.nat(500)),
    fc.nat(40),
  )
  .map(([content, flag, length, missing]) => {
    const whole = frame(content, flag, length);
    // Most are whole: what is cut is waited for only until its stream ends.
    return missing > 10 ? whole : whole.subarray(0, Math.max(0, whole.length - missing));
  });

const headers = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  fc
    .constantFrom('gzip', 'deflate', 'identity', 'br', '')
    .map((name) => ({ 'grpc-encoding': name })),
  fc.constantFrom('1n', '-1S', '99999999H', 'soon').map((time) => ({ 'grpc-timeout': time })),
  fc
    .constantFrom('application/grpc+json', 'text/html', '')
    .map((type) => ({ 'content-type': type })),
  fc
    .string({ maxLength: 4000 })
    .map((value) => ({ 'x-odd-bin': Buffer.from(value).toString('hex') })),
);

const asked: fc.Arbitrary<RawCall> = fc.record({
  path: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...paths) }, fc.webPath()),
  headers,
  body: fc
    .array(framed, { minLength: 0, maxLength: 3 })
    .map((frames) => Buffer.concat(frames.length === 0 ? [Buffer.alloc(0)] : frames)),
});

function isCoded({ httpStatus, status, details }: RawAnswer): void {
  // Without a status it was no call of gRPC, or its stream was reset.
  if (status === undefined) {
    expect([undefined, 400, 404, 405, 415, 500, 503]).toContain(httpStatus);
    return;
  }
  expect(status).toBeGreaterThanOrEqual(0);
  expect(status).toBeLessThanOrEqual(16);
  expect(details).not.toMatch(/internal error|\.ts|\.mjs|node:|PBES2/);
}

it(
  'answers anything with a status, many calls at a time, and goes on',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 12 }), async (calls) => {
        for (const answer of await Promise.all(calls.map(call))) isCoded(answer);
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );
    await isWell();
  },
  timeoutMs,
);

it(
  'ends a connection that speaks something else, and goes on',
  async () => {
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const http2Frame = fc
      .tuple(fc.nat(12), fc.nat(255), fc.nat(9), bytes, fc.boolean())
      .map(([type, flags, stream, payload, isHonest]) => {
        const head = Buffer.alloc(9);
        head.writeUIntBE(isHonest ? payload.length : payload.length * 40, 0, 3);
        head.writeUInt8(type, 3);
        head.writeUInt8(flags, 4);
        head.writeUInt32BE(stream, 5);
        return Buffer.concat([head, payload]);
      });
    const spoken = fc.oneof(
      bytes.map((random) => [random]),
      fc.array(http2Frame, { maxLength: 12 }).map((frames) => [preface, ...frames]),
    );
    await fc.assert(
      fc.asyncProperty(spoken, async (pieces) => {
        const socket = connectTls({ port, ca, servername: 'localhost', ALPNProtocols: ['h2'] });
        socket.on('error', () => undefined);
        socket.resume();
        await once(socket, 'secureConnect');
        for (const piece of pieces) socket.write(piece);
        socket.end();
        // What looks like a call that is not finished may stay for the length of its deadline.
        await Promise.race([once(socket, 'close'), delay(200)]);
        socket.destroy();
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );
    await isWell();
  },
  timeoutMs,
);

it('refuses what is too large, packed small or not, without holding it', async () => {
  const zeros = Buffer.alloc(300 * 1024 * 1024);
  const bomb = frame(gzipSync(zeros), 1);
  const large = frame(Buffer.alloc(maxMessageBytes + 1));
  for (const path of [...paths, ...paths]) {
    const calls = [
      { path, body: bomb, headers: { 'grpc-encoding': 'gzip' } },
      { path, body: large },
      { path, body: frame(Buffer.alloc(10), 0, 2 ** 32 - 1) },
    ];
    const answers = await Promise.all(calls.map(call));
    expect(answers.map(({ status }) => status)).toEqual([8, 8, 8]);
  }
  await isWell();
}, 60_000);

it('serves others while clients open every stream that they may, and finish none', async () => {
  const greedy = await Promise.all(Array.from({ length: 5 }, () => RawSigner.open(port, ca)));
  const seen = { sent: 0, ended: 0 };
  for (const client of greedy) {
    for (let at = 0; at < 1500; at += 1) {
      const stream = client.open({ path: at % 2 === 0 ? sign : createKey });
      stream.on('close', () => (seen.ended += 1));
      stream.write(frame(Buffer.alloc(2000), 0, maxMessageBytes), () => (seen.sent += 1));
    }
  }
  await expect.poll(() => seen.sent, { timeout: 10_000 }).toBeGreaterThan(100);
  await isWell();
  expect(seen.ended).toBe(0); // so the honest client was served beside all of them
  for (const client of greedy) client.close();
  await isWell();
});

it('serves others while a client asks for more keys than anybody needs', async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => RawSigner.open(port, ca)));
  const answers = clients.flatMap((client, who) =>
    Array.from({ length: 400 }, (_, at) => {
      const request = { algorithm: 'ecdsa', gun: `example.com/${who}-${at}`, role: 'snapshot' };
      return client.call({
        path: createKey,
        body: frame(CreateKeyRequest.encode(request).finish()),
      });
    }),
  );
  await isWell();
  for (const { status } of await Promise.all(answers)) expect(status).toBe(0);
  for (const client of clients) client.close();
  await isWell();
});
