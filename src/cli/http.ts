// The HTTPS client of a command: the proxies and authorities that the environment names, and the certificates of the
// grammar's own configuration.
import type { CertificateSettings } from '../remote/certificates.ts';
import { createHttpClient, type HttpClient } from '../remote/http.ts';
import type { ProxyEnvironment } from '../remote/proxy.ts';
import { version } from '../version.ts';
import type { World } from './world.ts';

/** @param certificates beside SSL_CERT_FILE of the environment */
export function openHttp(
  { env, timeLimits }: World,
  certificates: Omit<CertificateSettings, 'systemFile'>,
): HttpClient {
  return createHttpClient({
    userAgent,
    ...(timeLimits === undefined ? {} : { limits: timeLimits }),
    certificates: { ...certificates, ...systemAuthorities(env) },
    proxies: proxiesOf(env),
  });
}

/** How we call ourselves to servers. */
export const userAgent = `paraph/${version}`;

/** Where the environment says that the system keeps its authorities. */
export function systemAuthorities({ SSL_CERT_FILE }: World['env']): {
  readonly systemFile?: string;
} {
  return SSL_CERT_FILE === undefined ? {} : { systemFile: SSL_CERT_FILE };
}

export function proxiesOf({
  HTTPS_PROXY,
  https_proxy,
  NO_PROXY,
  no_proxy,
}: World['env']): ProxyEnvironment {
  return {
    ...(HTTPS_PROXY === undefined ? {} : { HTTPS_PROXY }),
    ...(https_proxy === undefined ? {} : { https_proxy }),
    ...(NO_PROXY === undefined ? {} : { NO_PROXY }),
    ...(no_proxy === undefined ? {} : { no_proxy }),
  };
}
