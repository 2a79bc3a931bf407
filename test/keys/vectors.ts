// Key files that other programs wrote, for the tests of src/keys: those of the Go programs from
// test/vectors, and those of OpenSSL 3.0 from openssl.json. All are throw-away keys.
//
//   openssl ecparam -name prime256v1 -genkey | openssl genrsa -traditional 2048 | genpkey -algorithm ed25519
//   openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA384 -iter 1000 …   ("pbes2 …")
//   openssl ec -aes256 …                                                     ("dek …")
import { readFileSync } from 'node:fs';
import { der } from '../../src/encoding/der.ts';
import { writtenRounds } from '../../src/keys/written-rounds.ts';

export const passphrase = 'test-passphrase';

export interface GoKey {
  readonly Alg: string;
  readonly KeyID: string;
  readonly CanonicalKeyID: string;
  readonly PublicB64: string;
  readonly PrivateB64: string;
  readonly Pem: string;
  readonly EncPem: string;
  readonly Unencrypted: string;
  readonly SigMethod: string;
  readonly Msg: string;
  readonly SigB64: string;
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

const all: readonly GoKey[] = JSON.parse(read('../vectors/keys.json'));

/** P-256, P-384, RSA and ed25519, each encrypted and not. */
export const goKeys = all.filter((key) => key.EncPem !== '');
/** Certificates of the first and third of them, for the repository `example.com/vec`. */
export const goCertificates = all.filter((key) => key.Pem !== '');

const openssl: Readonly<Record<string, string>> = JSON.parse(read('openssl.json'));

export function opensslKey(name: string): string {
  const text = openssl[name];
  if (text === undefined) throw new Error(`no such key: ${name}`);
  return text;
}

/** Every OpenSSL file of this EC key holds the same key. */
export const opensslEcPublicKey =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqbqjh5JGZ2X4+2O9X0NZ5i+G0jHGgPFqE5rFjY7hMOIaHVzBnla/0PdNWV1lFEfgro2IFxLIkr6aDhfzKZ0+sQ==';

/** The trust directory that the Go client left: file name to text. */
export function goKeyFile(id: string): string {
  return read(`../vectors/repo/private/${id}.key`);
}

export const goKeyFiles = {
  root: '735353bbfddc3c66bc740f241af6ccddb9af2a908d80ebadf254dfc357547783',
  newRoot: 'fa503f324bf3934e11e8bc2905615534408be88f2687a868c7a7cf22517e0ac2',
  alice: '29daa5e9da2dc577ceaaefc13c90b120c98777aecd8d4c58d1e03e3a2a828791',
  bob: '71a38fd206677c3466252755db3d9a68c1934695d7b66d28701e18c1bd21d9da',
  targets: 'c5f77c479f207f60c41528caa3e5cb659030040ec389654f60e0d41b207d9145',
} as const;

export interface PublicKeyFile {
  readonly pem: string;
  /** The canonical id that notary took the key under, or why it did not. */
  readonly notary: string;
}

/**
 * Files for `notary delegation add`, and what notary 0.7.0 said to each on 2026-11-25 at 01:54 UTC. Made by
 * OpenSSL 3.0: req -x509, and ca -selfsign for the ones with times of their own.
 */
export const publicKeyFiles: ReadonlyMap<string, PublicKeyFile> = new Map(
  Object.entries(JSON.parse(read('public-keys.json'))),
);

/** How a key file says the rounds that we write. */
export const writtenRoundsDer = der.integer(writtenRounds);
