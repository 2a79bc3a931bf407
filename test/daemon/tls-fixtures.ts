// Throw-away certificates for tests, made when a test begins, so that they need no openssl program and hold at
// whatever time they run: a CA; under it a server (localhost, 127.0.0.1, ::1), a client and another client; and a
// self-signed stranger. The keys protect nothing.
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { der } from '../../src/encoding/der.ts';
import { encodePem } from '../../src/encoding/pem.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** They began a day ago: a clock that is behind accepts them too. */
const backdateMs = dayMs;
export const fixtureLifetimeMs = 400 * dayMs;
const ecdsaWithSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));

interface Identity {
  readonly name: string;
  readonly privateKey: KeyObject;
}

interface PemPair {
  readonly cert: string;
  readonly key: string;
}

function identity(name: string): Identity {
  return { name, privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
}

/** The certificate of `subject`, signed by `issuer`, with these extensions. */
function certificate(
  subject: Identity,
  issuer: Identity,
  ...extensions: readonly Buffer[]
): PemPair {
  const notBeforeMs = Date.now() - backdateMs;
  const body = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    nameOf(issuer),
    der.sequence(der.time(notBeforeMs), der.time(notBeforeMs + fixtureLifetimeMs)),
    nameOf(subject),
    createPublicKey(subject.privateKey).export({ type: 'spki', format: 'der' }),
    der.explicit(3, der.sequence(...extensions)),
  );
  const signature = der.bitString(sign('sha256', body, issuer.privateKey));
  const bytes = der.sequence(body, ecdsaWithSha256, signature);
  return {
    cert: encodePem({ label: 'CERTIFICATE', headers: new Map(), bytes }),
    key: subject.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function nameOf({ name }: Identity): Buffer {
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8String(name))));
}

const isAuthority = der.sequence(
  der.oid('2.5.29.19'),
  der.boolean(true),
  der.octetString(der.sequence(der.boolean(true))),
);

/** Extended key usage: `1` for servers, `2` for clients. */
function usage(purpose: 1 | 2): Buffer {
  const value = der.sequence(der.oid(`1.3.6.1.5.5.7.3.${purpose}`));
  return der.sequence(der.oid('2.5.29.37'), der.octetString(value));
}

/** localhost, 127.0.0.1 and ::1, as implicitly tagged members of a GeneralNames. */
function localNames(): Buffer {
  const tagged = (tag: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
  const loopback6 = Buffer.alloc(16);
  loopback6[15] = 1;
  const names = [
    tagged(0x82, Buffer.from('localhost')),
    tagged(0x87, Buffer.from([127, 0, 0, 1])),
    tagged(0x87, loopback6),
  ];
  return der.sequence(der.oid('2.5.29.17'), der.octetString(der.sequence(...names)));
}

const authority = identity('Test CA');
const stranger = identity('stranger');

export const tlsFixtures = {
  authority: certificate(authority, authority, isAuthority),
  server: certificate(identity('server'), authority, localNames(), usage(1)),
  client: certificate(identity('client'), authority, usage(2)),
  otherClient: certificate(identity('other client'), authority, usage(2)),
  stranger: certificate(stranger, stranger, isAuthority),
};
