// A self-signed certificate for a daemon that listens on loopback without one of its own: TLS is the only way to
// speak to the signer, and a first start should need no openssl. A client trusts it by the file alone.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { der } from '../encoding/der.ts';
import { encodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** Ten years: the file itself is the trust, and nobody is reminded to renew it. */
const lifetimeMs = 3650 * dayMs;
/** Peers with a clock that is a little behind accept it at once. */
const backdateMs = dayMs;
const localNames = ['localhost', '127.0.0.1', '::1'] as const;

const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
} as const;

export interface LocalCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

/** A new P-256 key and its certificate for localhost, 127.0.0.1 and ::1. */
export function makeLocalCertificate(commonName: string, nowMs: number): LocalCertificate {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    cert: certificateFor(privateKey, commonName, nowMs),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/**
 * The files `NAME.crt` and `NAME.key` in `directory`, made at the first call. Processes that make them at the same
 * time end with the same pair: each file is made by one of them, and the certificate for the key that is there.
 * @throws Failure DISK
 */
export async function ensureLocalCertificate(
  directory: string,
  name: string,
  nowMs: number,
): Promise<{ readonly certFile: string; readonly keyFile: string }> {
  const files = {
    certFile: join(directory, `${name}.crt`),
    keyFile: join(directory, `${name}.key`),
  };
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (await exists(files.certFile)) return files;
    const { key } = makeLocalCertificate(name, nowMs);
    await writeIfNone(files.keyFile, key, 0o600);
    const keyInPlace = createPrivateKey(await readFile(files.keyFile));
    await writeIfNone(files.certFile, certificateFor(keyInPlace, name, nowMs), 0o644);
    return files;
  } catch (cause) {
    throw new Failure('DISK', `the certificate ${files.certFile} cannot be made`, { cause });
  }
}

function certificateFor(privateKey: KeyObject, commonName: string, nowMs: number): string {
  const algorithm = der.sequence(der.oid(oids.ecdsaWithSha256));
  const name = der.sequence(
    der.set(der.sequence(der.oid(oids.commonName), der.utf8String(commonName))),
  );
  const body = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(positiveSerial()),
    algorithm,
    name,
    der.sequence(der.time(nowMs - backdateMs), der.time(nowMs + lifetimeMs)),
    name,
    publicInfo(privateKey),
    der.explicit(3, der.sequence(altNames(), basicConstraints())),
  );
  const signature = der.bitString(sign('sha256', body, privateKey));
  const bytes = der.sequence(body, algorithm, signature);
  return encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes });
}

async function exists(file: string): Promise<boolean> {
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  await handle?.close();
  return handle !== undefined;
}

/** Whole, or not at all where the file is there already: temporary file, fsync, link, fsync of the directory. */
async function writeIfNone(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
    // Unlike a rename, a link never replaces what another process has made meanwhile.
    await link(temporary, file).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
    });
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
  const directory = await open(dirname(file), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function positiveSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function publicInfo(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
}

function altNames(): Buffer {
  const names = localNames.map((name) =>
    isIP(name) === 0 ? contextString(2, Buffer.from(name)) : contextString(7, addressBytes(name)),
  );
  return der.sequence(der.oid(oids.subjectAltName), der.octetString(der.sequence(...names)));
}

/** Marks the certificate as an authority of itself, which some clients ask of a trusted file. */
function basicConstraints(): Buffer {
  const value = der.sequence(der.boolean(true));
  return der.sequence(der.oid(oids.basicConstraints), der.boolean(true), der.octetString(value));
}

/** An implicitly tagged string of a GeneralName; all of ours are shorter than 128 bytes. */
function contextString(tag: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x80 | tag, bytes.length]), bytes]);
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const loopback6 = Buffer.alloc(16);
  loopback6[15] = 1;
  return loopback6;
}
