// The route table of HTTP API §1: thirteen rows, first match wins, in this order. This file
// knows what a request asks for; it does not know how anything is answered.
import type { RefusalCode } from './refusal-codes.ts';

/** Names of the operations in Go's metrics; the rows that Go does not measure have their own here. */
export type Operation =
  | 'Ping'
  | 'UpdateTUF'
  | 'GetRoleByHash'
  | 'GetRoleByVersion'
  | 'GetRole'
  | 'GetKey'
  | 'RotateKey'
  | 'DeleteTUF'
  | 'Changefeed'
  | 'AllChanges'
  | 'Health'
  | 'Metrics'
  | 'NotFound';

/** Actions that a token must grant on the repository; `catalog` stands for the registry's catalogue. */
export type Access = 'none' | 'catalog' | readonly ('push' | 'pull' | '*')[];

export interface Route {
  readonly operation: Operation;
  readonly methods: readonly string[];
  readonly pattern: RegExp;
  readonly access: Access;
  /** How a repository outside the configured prefixes is refused. */
  readonly foreignGun?: RefusalCode;
}

export interface Match {
  readonly route: Route;
  readonly gun: string;
  readonly role: string;
  /** The checksum or version in the URL, as it stands there. */
  readonly which: string;
}

const gun = '(?<gun>[^*]+)';
const role = '(?<role>root|targets(?:/[^/\\t\\n\\f\\r ]+)*|snapshot|timestamp)';
const onlineRole = '(?<role>snapshot|timestamp)';
const checksum = '(?<which>[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})';
const tuf = `/v2/${gun}/_trust/tuf/`;
const pull = ['pull'] as const;
const pushPull = ['push', 'pull'] as const;
const everything = ['*'] as const;

function row(
  operation: Operation,
  methods: string,
  pattern: string,
  access: Access,
  foreignGun?: RefusalCode,
): Route {
  const route = {
    operation,
    methods: methods.split(' '),
    pattern: new RegExp(`^${pattern}$`),
    access,
  };
  return foreignGun === undefined ? route : { ...route, foreignGun };
}

const missing = 'METADATA_NOT_FOUND';

const routes: readonly Route[] = [
  row('Ping', 'GET', '/v2/', 'catalog'),
  row('UpdateTUF', 'POST', tuf, pushPull, 'INVALID_GUN'),
  row('GetRoleByHash', 'GET', `${tuf}${role}\\.${checksum}\\.json`, pull, missing),
  row('GetRoleByVersion', 'GET', `${tuf}(?<which>[0-9]+)\\.${role}\\.json`, pull, missing),
  row('GetRole', 'GET', `${tuf}${role}\\.json`, pull, missing),
  row('GetKey', 'GET', `${tuf}${onlineRole}\\.key`, pushPull, missing),
  row('RotateKey', 'POST', `${tuf}${onlineRole}\\.key`, everything, missing),
  row('DeleteTUF', 'DELETE', tuf, everything, missing),
  row('Changefeed', 'GET', `/v2/${gun}/_trust/changefeed`, pull, missing),
  row('AllChanges', 'GET', '/v2/_trust/changefeed', 'catalog'),
  row('Health', 'GET', '/_notary_server/health', 'none'),
  row('Metrics', 'GET', '/metrics', 'none'),
  row('NotFound', 'GET POST PUT HEAD DELETE', '/[^]*', 'catalog'),
];

/** The row that answers, or undefined when no row knows the method (405). */
export function matchRoute(method: string, path: string): Match | undefined {
  for (const route of routes) {
    if (!route.methods.includes(method)) continue;
    const found = route.pattern.exec(path);
    if (found === null) continue;
    const { gun: name = '', role: of = '', which = '' } = found.groups ?? {};
    return { route, gun: name, role: of, which };
  }
  return undefined;
}
