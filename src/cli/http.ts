// The HTTPS client of a command: the proxies and authorities that the environment names, and the certificates of the
// grammar's own configuration.
import type { CertificateSettings } from '../remote/certificates.ts';
import { createHttpClient, type HttpClient } from '../remote/http.ts';
import { version } from '../version.ts';
import type { World } from './world.ts';

/** @param certificates beside SSL_CERT_FILE of the environment */
export function openHttp(
  { env, timeLimits }: World,
  certificates: Omit<CertificateSettings, 'systemFile'>,
): HttpClient {
  const { SSL_CERT_FILE, HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } = env;
  return createHttpClient({
    userAgent: `paraph/${version}`,
    ...(timeLimits === undefined ? {} : { limits: timeLimits }),
    certificates: {
      ...certificates,
      ...(SSL_CERT_FILE === undefined ? {} : { systemFile: SSL_CERT_FILE }),
    },
    proxies: {
      ...(HTTPS_PROXY === undefined ? {} : { HTTPS_PROXY }),
      ...(https_proxy === undefined ? {} : { https_proxy }),
      ...(NO_PROXY === undefined ? {} : { NO_PROXY }),
      ...(no_proxy === undefined ? {} : { no_proxy }),
    },
  });
}
