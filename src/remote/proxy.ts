// Which proxy, if any, lies between us and a host: HTTPS_PROXY and NO_PROXY as Go programs read them.
//
// Only TLS goes through a proxy, as a CONNECT tunnel, so a proxy sees names and sizes and nothing else.
// Loopback is always reached directly. Invariant: a password in HTTPS_PROXY reaches no message.

import { BlockList, isIP } from 'node:net';
import { Failure } from '../errors.ts';
import { isLoopback, withoutBrackets } from './loopback.ts';

/** The variables that matter, upper case first as in Go. The values come from `main`. */
export type ProxyEnvironment = Readonly<
  Partial<Record<'HTTPS_PROXY' | 'https_proxy' | 'NO_PROXY' | 'no_proxy', string>>
>;

export interface Proxy {
  readonly url: URL;
  /** Value of Proxy-Authorization, when the address names a user. */
  readonly authorization: string | undefined;
}

/**
 * The proxy for `target`, or undefined for a direct connection.
 * @throws Failure CONFIG_INVALID for a proxy address that is not one, or for a kind other than http and https
 */
export function proxyFor(target: URL, environment: ProxyEnvironment): Proxy | undefined {
  const address = environment.HTTPS_PROXY ?? environment.https_proxy ?? '';
  if (address === '' || target.protocol !== 'https:' || isLoopback(target.hostname))
    return undefined;
  const exempt = environment.NO_PROXY ?? environment.no_proxy ?? '';
  if (exempt.split(',').some((rule) => matches(rule.trim(), target))) return undefined;
  const url = URL.canParse(withScheme(address)) ? new URL(withScheme(address)) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Failure(
      'CONFIG_INVALID',
      'HTTPS_PROXY is not the address of an http or https proxy',
      {
        remedy: 'Write HTTPS_PROXY=http://HOST:PORT.',
      },
    );
  }
  return { url, authorization: proxyAuthorization(url) };
}

/** One entry of NO_PROXY: `*`, a name (with its subdomains), `.name` (subdomains only), address, network; each but the last with an optional port. */
function matches(rule: string, target: URL): boolean {
  if (rule === '') return false;
  if (rule === '*') return true;
  const host = withoutBrackets(target.hostname).toLowerCase();
  if (rule.includes('/')) return inNetwork(rule, host);
  const [, name = rule, port] =
    /^(.*?)(?::(\d+))?$/.exec(isIP(rule) === 6 ? `[${rule}]` : rule) ?? [];
  if (port !== undefined && port !== (target.port === '' ? '443' : target.port)) return false;
  const wanted = withoutBrackets(name).toLowerCase().replace(/^\*\./, '.');
  if (wanted.startsWith('.')) return host.endsWith(wanted);
  return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`));
}

function inNetwork(rule: string, host: string): boolean {
  const [network = '', prefix = ''] = rule.split('/');
  const [ruleFamily, hostFamily] = [isIP(network), isIP(host)];
  if (ruleFamily === 0 || ruleFamily !== hostFamily || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (ruleFamily === 4 ? 32 : 128)) return false;
  const family = ruleFamily === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(host, family);
}

function proxyAuthorization(url: URL): string | undefined {
  if (url.username === '') return undefined;
  const user = decodeURIComponent(url.username);
  return `Basic ${Buffer.from(`${user}:${decodeURIComponent(url.password)}`).toString('base64')}`;
}

function withScheme(address: string): string {
  return address.includes('://') ? address : `http://${address}`;
}
