// The parts that one command works with, made from its flags and surroundings: the trust directory, the
// connections, the ports of the client. Opened by a command and closed by it, whatever happens.
import { resolve } from 'node:path';
import type { ClientEvent } from '../../client/events.ts';
import type { ConsumerPorts } from '../../client/ports.ts';
import { readPinFile } from '../../client/trustdir/pin-file.ts';
import type { Pins } from '../../client/trustdir/pins.ts';
import { TrustDirectory } from '../../client/trustdir/trust-directory.ts';
import { asFailure, catalogue, Failure } from '../../errors.ts';
import {
  type CredentialSource,
  dockerCredentials,
  notaryAuthCredentials,
} from '../../remote/credentials.ts';
import { shownAddress } from '../../remote/foreign-text.ts';
import type { HttpClient } from '../../remote/http.ts';
import { connectRegistry, type ImageReference, type Registry } from '../../remote/registry.ts';
import { connectTrustServer, type TrustServer, trustServerFor } from '../../remote/trust-server.ts';
import { openHttp } from '../http.ts';
import { type Places, placesOf } from '../places.ts';
import { consumerPorts } from '../ports.ts';
import { noticeJson, noticeLines } from '../render/notice.ts';
import type { Reporter } from '../render/reporter.ts';
import { withServerHint } from '../server-hint.ts';
import type { Invocation } from './command.ts';
import { requireFlagFiles } from './flag-files.ts';
import { namedPlaces } from './named-places.ts';
import { openReporter } from './open-reporter.ts';

const notSentHint =
  'NOTARY_AUTH was not sent: it is for a server that --server or DOCKER_CONTENT_TRUST_SERVER names.';

export class Session {
  readonly reporter: Reporter;
  readonly places: Places;
  readonly http: HttpClient;
  /** Logins of docker, for registries and their trust servers. */
  readonly #credentials: CredentialSource;
  readonly directory: TrustDirectory;
  readonly #invocation: Invocation;
  readonly #pins: Pins;
  readonly #servers = new Map<string, TrustServer>();

  private constructor(invocation: Invocation, places: Places, pins: Pins) {
    const { world } = invocation;
    this.#invocation = invocation;
    this.#pins = pins;
    this.reporter = openReporter(invocation);
    this.places = places;
    this.http = openHttp(world, {
      directory: places.tlsDir,
      ...namedAuthorities(invocation),
    });
    this.#credentials = dockerCredentials(this.places.configFile, { environment: world.env });
    this.directory = new TrustDirectory(this.places.trustDir);
  }

  /** @throws Failure USAGE for a file that a flag names and that is not there, CONFIG_INVALID for pins that are not understood, DISK */
  static async open(invocation: Invocation): Promise<Session> {
    await requireFlagFiles(invocation);
    const places = placesOf(invocation.world, namedPlaces(invocation.flags));
    return new Session(invocation, places, await readPins(invocation, places.pinFile));
  }

  /** What reads of `reference` work with. @param listen hears events first; true keeps them from being told */
  consumer(
    reference: ImageReference,
    listen: (event: ClientEvent) => boolean = () => false,
  ): ConsumerPorts {
    const { world } = this.#invocation;
    const sources = { world, directory: this.directory, pins: this.#pins };
    return consumerPorts(this.server(reference), sources, (event) => {
      if (listen(event)) return;
      const lines = noticeLines(event, world.nowMs());
      if (lines.length > 0) this.reporter.notice(lines, noticeJson(event));
    });
  }

  /** The trust server of the image's registry. @throws Failure CONFIG_INVALID, CREDENTIALS_UNREADABLE for NOTARY_AUTH */
  server({ domain }: ImageReference): TrustServer {
    const url = this.#serverUrl(domain);
    const known = this.#servers.get(url.href);
    if (known !== undefined) return known;
    const server = connectTrustServer({
      url,
      http: this.http,
      credentials: this.#trustServerCredentials(url),
    });
    this.#servers.set(url.href, server);
    return server;
  }

  /** NOTARY_AUTH is for the server that the user named: an image may name anybody's host. */
  #trustServerCredentials({ host }: URL): CredentialSource {
    const isNamed = this.#configured() !== undefined;
    if (!isNamed || this.#notaryAuth === '') return this.#credentials;
    try {
      return notaryAuthCredentials(this.#notaryAuth, host);
    } catch (error) {
      const remedy = 'Set NOTARY_AUTH to base64 of user:password, or unset it.';
      throw asFailure(error).with({ remedy });
    }
  }

  get #notaryAuth(): string {
    return this.#invocation.world.env['NOTARY_AUTH'] ?? '';
  }

  #serverUrl(domain: string): URL {
    try {
      return trustServerFor(domain, this.#configured());
    } catch (error) {
      const failure = asFailure(error);
      const named = this.#invocation.flags.text('server');
      if (named === undefined || failure.code !== 'CONFIG_INVALID') throw failure;
      const shown = shownAddress(`--server ${named}`, 'the value of --server');
      const host = /^[\w.-]+(?::\d+)?$/.test(named) ? named : 'HOST:PORT';
      throw new Failure(failure.code, `${shown} is not an https URL`, {
        cause: failure,
        remedy: `Write --server https://${host}.`,
      });
    }
  }

  /** A failure at the trust server, with a hint where nobody said which server to ask. */
  atTrustServer(failure: Failure): Failure {
    if (this.#configured() !== undefined) return failure;
    return withServerHint(failure, this.#notaryAuth === '' ? undefined : notSentHint);
  }

  #configured(): string | undefined {
    const { world, flags } = this.#invocation;
    const named = flags.text('server') ?? world.env['DOCKER_CONTENT_TRUST_SERVER'];
    return named === '' ? undefined : named;
  }

  /** Registries; a login of NOTARY_AUTH is not for them. */
  registry(): Registry {
    return connectRegistry({ http: this.http, credentials: this.#credentials });
  }

  close(): void {
    this.http.close();
  }
}

async function readPins({ world, flags }: Invocation, path: string): Promise<Pins> {
  try {
    const isNamed = flags.text('pins') !== undefined;
    return await readPinFile({ path, isNamed, workingDirectory: world.workingDir });
  } catch (error) {
    const failure = asFailure(error);
    // The general advice is for the configuration of daemons.
    if (failure.remedy !== catalogue.CONFIG_INVALID.remedy) throw failure;
    throw failure.with({
      remedy: 'Correct the file with pins; docs/guide/verifying.md lists its settings.',
    });
  }
}

function namedAuthorities({ world, flags }: Invocation): { readonly caFile?: string } {
  const named = flags.text('tls-ca');
  return named === undefined ? {} : { caFile: resolve(world.workingDir, named) };
}
