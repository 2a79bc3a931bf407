import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { TestAuthority } from '../../test/remote/authority.ts';
import {
  answer,
  authority,
  certificateDirectory,
  closeServers,
  httpsServer,
  quickLimits,
  temporaryDirectory,
} from '../../test/remote/local-servers.ts';
import { type CertificateSettings, hostTrust } from './certificates.ts';
import { createHttpClient, type HttpRequest } from './http.ts';

afterEach(closeServers);

const url = new URL('https://trust.example.com:4443/base/');
const load = (settings: CertificateSettings): unknown => hostTrust(url, settings).wide();

describe('the trust of a host', () => {
  it('is that of the system alone when it has no directory', () => {
    expect(hostTrust(url, {}).narrow).toBeUndefined();
    expect(hostTrust(url, { directory: temporaryDirectory() }).narrow).toBeUndefined();
  });

  it('is quick to load when its directory has authorities', () => {
    const directory = certificateDirectory(url.host, { 'ca.crt': authority.pem });
    expect(hostTrust(url, { directory }).narrow).toBeDefined();
  });

  it('is found under the port that is implied, as docker writes it', () => {
    const directory = certificateDirectory('trust.example.com:443', { 'ca.crt': authority.pem });
    const implied = new URL('https://trust.example.com/');
    expect(hostTrust(implied, { directory }).narrow).toBeDefined();
    expect(hostTrust(url, { directory }).narrow).toBeUndefined();
  });

  it('never leaves the directory for a host of dots', () => {
    const directory = certificateDirectory('inner', { 'ca.crt': authority.pem });
    const dots = new URL('https://x/');
    dots.hostname = '..';
    expect(hostTrust(dots, { directory: join(directory, 'inner') }).narrow).toBeUndefined();
  });

  it('is refused with half a client pair', () => {
    for (const name of ['me.cert', 'me.key']) {
      const directory = certificateDirectory(url.host, { [name]: authority.pem });
      expect(() => load({ directory })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }
    expect(() => load({ clientCertFile: '/some.cert' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('is refused with an authority that is not PEM, or is damaged PEM', () => {
    for (const text of [
      'not a certificate',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    ]) {
      const directory = certificateDirectory(url.host, { 'ca.crt': text });
      expect(() => load({ directory })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }
  });

  it('is refused when a named file cannot be read', () => {
    expect(() => load({ caFile: '/does/not/exist.pem' })).toThrow(
      expect.objectContaining({ code: 'DISK', message: expect.stringContaining('ENOENT') }),
    );
  });
});

describe('a client certificate', () => {
  /** A server that wants a certificate of the test authority, and says whose it got. */
  const server = async (): Promise<string> => {
    const origin = await httpsServer(
      (request, response) => {
        const { subject } = (request.socket as TLSSocket).getPeerCertificate();
        answer(response, 200, String(subject?.CN ?? ''));
      },
      Object.assign(authority.issue(), {
        requestCert: true,
        rejectUnauthorized: false,
        ca: authority.pem,
      }),
    );
    return origin;
  };
  const get = async (
    origin: string,
    certificates: CertificateSettings,
    more: Pick<HttpRequest, 'namedBy'> = {},
  ): Promise<string> => {
    const client = createHttpClient({ certificates, limits: quickLimits });
    try {
      const asked = new URL(origin);
      const got = await client.send({ method: 'GET', url: asked, maxBytes: 100, ...more });
      return got.body.toString();
    } finally {
      client.close();
    }
  };

  it('is taken from the directory of the host', async () => {
    const origin = await server();
    const { cert, key } = authority.issue();
    const directory = certificateDirectory(new URL(origin).host, {
      'ca.crt': authority.pem,
      'client.cert': cert,
      'client.key': key,
    });
    expect(await get(origin, { directory })).toBe('test server');
  });

  it('is taken from named files', async () => {
    const origin = await server();
    const { cert, key } = authority.issue();
    const directory = temporaryDirectory();
    const caFile = join(directory, 'ca.pem');
    const [clientCertFile, clientKeyFile] = [join(directory, 'c'), join(directory, 'k')];
    writeFileSync(caFile, authority.pem);
    writeFileSync(clientCertFile, cert);
    writeFileSync(clientKeyFile, key);
    const pair = { clientCertFile, clientKeyFile };
    expect(await get(origin, { caFile, exclusive: true, ...pair })).toBe('test server');
  });

  it('of one host is not shown to another', async () => {
    const origin = await server();
    const { cert, key } = authority.issue();
    const directory = certificateDirectory('other.example.com', { 'c.cert': cert, 'c.key': key });
    const caFile = join(directory, 'ca.pem');
    writeFileSync(caFile, authority.pem);
    expect(await get(origin, { directory, caFile, exclusive: true })).toBe('');
  });

  it('of the host that named an address is not shown there, though its authorities count', async () => {
    const origin = await server();
    const { cert, key } = authority.issue();
    const directory = certificateDirectory('trust.example.com', {
      'ca.crt': authority.pem,
      'c.cert': cert,
      'c.key': key,
    });
    const namedBy = new URL('https://trust.example.com/v2/');
    expect(await get(origin, { directory }, { namedBy })).toBe('');
    const unnamed = get(origin, { directory });
    await expect(unnamed).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it('that the server insists on and does not get is a matter of login', async () => {
    const identity = Object.assign(authority.issue(), {
      requestCert: true,
      rejectUnauthorized: true,
      ca: new TestAuthority().pem,
    });
    const origin = await httpsServer((_request, response) => answer(response, 200), identity);
    const caFile = join(temporaryDirectory(), 'ca.pem');
    writeFileSync(caFile, authority.pem);
    await expect(get(origin, { caFile, exclusive: true })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
  });
});
