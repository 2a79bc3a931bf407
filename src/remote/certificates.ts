// Whom TLS trusts: the authorities of the system, those of a host's directory (docker's layout:
// ~/.docker/tls/<host[:port]>/*.crt, with client pairs X.cert and X.key), and a file named by the caller.
//
// Invariants: TLS is at least 1.2, and verified unless the caller was told not to, which only the configuration of
// notary can say (`skipTLSVerify`): no other grammar has a word for it, and no variable. A client
// certificate is offered only to the host whose directory holds it. Private keys are wiped once OpenSSL
// has its copy. What lies in these files belongs to the user; faults in them are CONFIG_INVALID.

import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { decodePem } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { errorCodeOf } from './transport-failure.ts';

export interface CertificateSettings {
  /** Directory with one directory per host, docker's `~/.docker/tls`. */
  readonly directory?: string;
  /** PEM file of authorities beside the system's, or instead of them when `exclusive` is set. */
  readonly caFile?: string;
  readonly exclusive?: boolean;
  /** Client certificate offered to every host that asks; both or neither. */
  readonly clientCertFile?: string;
  readonly clientKeyFile?: string;
  /** SSL_CERT_FILE of the environment: where the system keeps its authorities. */
  readonly systemFile?: string;
  /** Who answers is not looked at: anybody on the way can answer. */
  readonly isUnverified?: boolean;
}

/** Where systems keep their authorities; the first that exists is used, as Go programs do. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

/** What one host is trusted by. `narrow` is quick to load: it leaves the system's authorities out. */
export interface HostTrust {
  readonly narrow: SecureContext | undefined;
  wide(): SecureContext;
}

/**
 * The trust for `url`; with `namedBy`, the authorities of that host too, whose client certificate stays there. Loading the system's authorities takes about 20 ms, so a host with authorities of its own
 * is tried with those alone first; they are a part of the whole, hence no weaker.
 * @throws Failure CONFIG_INVALID for a file that is not PEM or half a client pair, DISK when one cannot be read
 */
export function hostTrust(url: URL, settings: CertificateSettings, namedBy?: URL): HostTrust {
  const own = hostFiles(url, settings.directory);
  const naming = namedBy === undefined ? [] : hostFiles(namedBy, settings.directory).authorities;
  const named = settings.caFile === undefined ? [] : [readAuthorities(settings.caFile)];
  const authorities = [...own.authorities, ...naming, ...named];
  const pair = own.pair ?? namedPair(settings);
  const isExclusive = settings.exclusive === true && named.length > 0;
  let wide: SecureContext | undefined;
  return {
    narrow: authorities.length > 0 ? context(authorities, pair) : undefined,
    wide: () => {
      wide ??= context(
        isExclusive ? authorities : [...authorities, ...systemAuthorities(settings)],
        pair,
      );
      return wide;
    },
  };
}

interface ClientPair {
  readonly certFile: string;
  readonly keyFile: string;
}

function context(ca: readonly (string | Buffer)[], pair: ClientPair | undefined): SecureContext {
  const cert = pair === undefined ? undefined : read(pair.certFile);
  const key = pair === undefined ? undefined : read(pair.keyFile);
  try {
    return createSecureContext({
      ca: [...ca],
      minVersion: 'TLSv1.2',
      ...(cert !== undefined && key !== undefined ? { cert, key } : {}),
    });
  } catch (cause) {
    const where =
      pair === undefined ? 'a CA file' : `a CA file, ${pair.certFile} or ${pair.keyFile}`;
    throw new Failure(
      'CONFIG_INVALID',
      `the certificates for TLS cannot be used: ${where} is damaged`,
      { cause },
    );
  } finally {
    key?.fill(0);
  }
}

function hostFiles(
  url: URL,
  directory: string | undefined,
): { authorities: Buffer[]; pair?: ClientPair } {
  for (const name of directoryNames(url)) {
    const path = directory === undefined ? undefined : join(directory, name);
    if (path === undefined || !existsSync(path)) continue;
    const files = list(path);
    const authorities = files
      .filter((file) => file.endsWith('.crt'))
      .map((file) => readAuthorities(join(path, file)));
    const pair = clientPair(path, files);
    return pair === undefined ? { authorities } : { authorities, pair };
  }
  return { authorities: [] };
}

/** Docker names the directory as the address is written; a URL has lost the port that is implied. */
function directoryNames(url: URL): readonly string[] {
  // A host of dots alone would leave the directory.
  if (url.hostname.startsWith('.')) return [];
  return url.port === '' ? [url.host, `${url.host}:443`] : [url.host];
}

function clientPair(path: string, files: readonly string[]): ClientPair | undefined {
  const certs = files
    .filter((file) => file.endsWith('.cert'))
    .map((file) => file.slice(0, -'.cert'.length));
  const keys = files
    .filter((file) => file.endsWith('.key'))
    .map((file) => file.slice(0, -'.key'.length));
  const alone = [
    ...certs.filter((name) => !keys.includes(name)),
    ...keys.filter((name) => !certs.includes(name)),
  ];
  if (alone[0] !== undefined) {
    throw new Failure(
      'CONFIG_INVALID',
      `${join(path, alone[0])}.cert and .key belong together, one is missing`,
      {
        remedy: 'Add the missing half of the client certificate, or remove the other.',
      },
    );
  }
  const [first] = certs;
  if (first === undefined) return undefined;
  return { certFile: join(path, `${first}.cert`), keyFile: join(path, `${first}.key`) };
}

function namedPair(settings: CertificateSettings): ClientPair | undefined {
  const { clientCertFile: certFile, clientKeyFile: keyFile } = settings;
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  throw new Failure('CONFIG_INVALID', 'either pass both client key and cert, or neither', {
    remedy: 'Name both files of the client certificate.',
  });
}

function systemAuthorities(settings: CertificateSettings): readonly (string | Buffer)[] {
  if (settings.systemFile !== undefined && settings.systemFile !== '')
    return [read(settings.systemFile)];
  const file = systemFiles.find((path) => existsSync(path));
  return file === undefined ? rootCertificates : [read(file)];
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path).sort();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** A file of authorities, each block read once: OpenSSL passes over a damaged one in silence. */
function readAuthorities(path: string): Buffer {
  const bytes = read(path);
  const authorities: X509Certificate[] = [];
  try {
    for (const block of decodePem(bytes.toString('latin1'))) {
      if (block.label === 'CERTIFICATE') authorities.push(new X509Certificate(block.bytes));
    }
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `${path} holds a damaged certificate`, { cause });
  }
  if (authorities.length > 0) return bytes;
  throw new Failure('CONFIG_INVALID', `${path} holds no certificate`);
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): Failure {
  return new Failure('DISK', `${path} cannot be read (${errorCodeOf(cause) ?? 'unknown'})`, {
    cause,
  });
}
