// The connections of one client: one keep-alive agent per origin (and server that named it), with the trust that
// origin has.
//
// A request that may not be repeated gets a connection of its own: on a kept one, a server that just closed
// it for being idle cannot be told from one that took the request and then broke.
// Invariant: who answers is verified whatever the environment says, unless the settings say that it is not. Node's
// NODE_TLS_REJECT_UNAUTHORIZED counts only where a program leaves the choice open.
// Not for concurrent use by several threads; within one event loop it is safe.

import { Agent as PlainAgent } from 'node:http';
import { Agent, type AgentOptions } from 'node:https';
import type { SecureContext } from 'node:tls';
import { type CertificateSettings, type HostTrust, hostTrust } from './certificates.ts';
import { type Proxy, type ProxyEnvironment, proxyFor } from './proxy.ts';
import { TunnelAgent } from './tunnel.ts';

export interface ConnectionSettings {
  readonly certificates?: CertificateSettings;
  readonly proxies?: ProxyEnvironment;
  readonly connectMs: number;
}

/** Kept connections per origin; more requests than this wait for one of them. */
const maxConnections = 8;

interface Origin {
  readonly trust: HostTrust | undefined;
  wide: boolean;
  kept: PlainAgent;
}

export class Connections {
  readonly #settings: ConnectionSettings;
  readonly #origins = new Map<string, Origin>();

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  /** The agent for `url`; `repeatable` tells whether a kept connection may be used, `namedBy` whose authorities count too. */
  agent(url: URL, repeatable: boolean, namedBy?: URL): PlainAgent {
    const origin = this.#origin(url, namedBy);
    return repeatable ? origin.kept : this.#open(url, secureContext(origin), false);
  }

  /**
   * Adds the authorities of the system for `url` after a certificate failed with the host's own alone.
   * False when they were in use already, so that the failure stands.
   */
  widen(url: URL, namedBy?: URL): boolean {
    const origin = this.#origin(url, namedBy);
    if (origin.wide) return false;
    origin.wide = true;
    origin.kept.destroy();
    origin.kept = this.#open(url, origin.trust?.wide(), true);
    return true;
  }

  close(): void {
    for (const origin of this.#origins.values()) origin.kept.destroy();
    this.#origins.clear();
  }

  #origin(url: URL, namedBy: URL | undefined): Origin {
    const key = `${url.origin} ${namedBy?.origin ?? ''}`;
    const known = this.#origins.get(key);
    if (known !== undefined) return known;
    const settings = this.#settings.certificates ?? {};
    const trust = url.protocol === 'https:' ? hostTrust(url, settings, namedBy) : undefined;
    const context = trust?.narrow ?? trust?.wide();
    const origin = {
      trust,
      wide: trust?.narrow === undefined,
      kept: this.#open(url, context, true),
    };
    this.#origins.set(key, origin);
    return origin;
  }

  #open(url: URL, context: SecureContext | undefined, keepAlive: boolean): PlainAgent {
    if (context === undefined) return new PlainAgent({ keepAlive, maxSockets: maxConnections });
    const options: AgentOptions = {
      keepAlive,
      maxSockets: maxConnections,
      secureContext: context,
      rejectUnauthorized: this.#settings.certificates?.isUnverified !== true,
    };
    const proxy: Proxy | undefined = proxyFor(url, this.#settings.proxies ?? {});
    if (proxy === undefined) return new Agent(options);
    return new TunnelAgent(url, proxy, context, this.#settings.connectMs, options);
  }
}

function secureContext(origin: Origin): SecureContext | undefined {
  return origin.wide ? origin.trust?.wide() : origin.trust?.narrow;
}
