// The parts that one command of docker trust works with: docker's directory, its logins, the trust server, the engine and
// the registry. Opened by a command and closed by it, whatever happens.
//
// Invariant: TLS is verified for every image, on loopback too, where docker does not (docs/reference/differences.md).
import { dirname } from 'node:path';
import type { ClientEvent } from '../../client/events.ts';
import type { ConsumerPorts } from '../../client/ports.ts';
import { readPinFile } from '../../client/trustdir/pin-file.ts';
import type { Pins } from '../../client/trustdir/pins.ts';
import { TrustDirectory } from '../../client/trustdir/trust-directory.ts';
import type { Failure } from '../../errors.ts';
import type { KeyFileStore } from '../../keys/file-store.ts';
import { dockerVoice } from '../../keys/passphrase-voice.ts';
import {
  type CredentialSource,
  type Credentials,
  dockerCredentials,
} from '../../remote/credentials.ts';
import {
  connectEngine,
  type Engine,
  type EngineSurroundings,
  findEngine,
  isEngineNamed,
} from '../../remote/engine.ts';
import type { HttpClient } from '../../remote/http.ts';
import { connectRegistry, type ImageReference, type Registry } from '../../remote/registry.ts';
import { connectTrustServer, type TrustServer, trustServerFor } from '../../remote/trust-server.ts';
import { openHttp, proxiesOf, systemAuthorities, userAgent } from '../http.ts';
import { KeyRing } from '../key-ring.ts';
import { type Places, placesOf } from '../places.ts';
import { consumerPorts, type KeyFilePorts, publisherPorts } from '../ports.ts';
import { withServerHint } from '../server-hint.ts';
import type { World } from '../world.ts';
import type { DockerCall } from './command.ts';
import type { GlobalFlags } from './global-flags.ts';
import { Log } from './log.ts';

export class DockerSession {
  readonly places: Places;
  readonly directory: TrustDirectory;
  readonly log: Log;
  readonly #world: World;
  readonly #globals: GlobalFlags;
  readonly #engines: Engine[] = [];
  readonly #pins: Pins;
  readonly #http: HttpClient;
  readonly #credentials: CredentialSource;
  readonly #keyRing: KeyRing;

  private constructor(call: DockerCall, places: Places, pins: Pins) {
    const { world, globals } = call;
    this.#world = world;
    this.#globals = globals;
    this.#pins = pins;
    this.places = places;
    this.log = new Log(call);
    this.directory = new TrustDirectory(places.trustDir);
    this.#http = openHttp(world, { directory: places.tlsDir });
    this.#credentials = dockerCredentials(places.configFile, { environment: world.env });
    this.#keyRing = new KeyRing(world, places.trustDir, { voice: dockerVoice, asksOn: 'stdout' });
  }

  get keys(): KeyFileStore {
    return this.#keyRing.keys;
  }

  /** @throws Failure CONFIG_INVALID for pins that are not understood, DISK */
  static async open(call: DockerCall): Promise<DockerSession> {
    const { workingDir } = call.world;
    const places = placesOf(call.world);
    const pins = await readPinFile({
      path: places.pinFile,
      isNamed: false,
      workingDirectory: workingDir,
    });
    return new DockerSession(call, places, pins);
  }

  /** What reads of `reference` work with. @throws Failure CONFIG_INVALID for an address that is not https */
  consumer(reference: ImageReference): ConsumerPorts {
    const sources = { world: this.#world, directory: this.directory, pins: this.#pins };
    return consumerPorts(this.#server(reference), sources, (event) => this.log.event(event));
  }

  /** @param listen hears every event first */
  publisher(
    reference: ImageReference,
    listen: (event: ClientEvent) => void = () => undefined,
  ): KeyFilePorts {
    const ports = this.consumer(reference);
    const emit = (event: ClientEvent): void => {
      listen(event);
      ports.emit(event);
    };
    return publisherPorts({ ...ports, emit }, this.keys);
  }

  /** The login of docker for the registry of an image. @throws Failure CREDENTIALS_UNREADABLE */
  login({ domain }: ImageReference): Promise<Credentials | undefined> {
    return this.#credentials.credentials(domain);
  }

  /** A failure at the trust server, with a hint where nobody said which server to ask. */
  atTrustServer(failure: Failure): Failure {
    const isNamed = (this.#world.env['DOCKER_CONTENT_TRUST_SERVER'] ?? '') !== '';
    return isNamed ? failure : withServerHint(failure);
  }

  registry(): Registry {
    return connectRegistry({ http: this.#http, credentials: this.#credentials });
  }

  /** Whether a flag, a variable or a context says which engine it is. @throws Failure CONFIG_INVALID */
  get isEngineNamed(): boolean {
    return isEngineNamed(this.#globals, this.#surroundings);
  }

  /** Whether somebody sees what is said on the way. */
  get isWatched(): boolean {
    return this.#world.stderr.isTTY === true;
  }

  /** The engine that docker would talk to. @throws Failure CONFIG_INVALID */
  engine(): Engine {
    const { env } = this.#world;
    const engine = connectEngine({
      endpoint: findEngine(this.#globals, this.#surroundings),
      userAgent,
      proxies: proxiesOf(env),
      apiVersion: env['DOCKER_API_VERSION'],
      ...systemAuthorities(env),
    });
    this.#engines.push(engine);
    return engine;
  }

  get #surroundings(): EngineSurroundings {
    return { environment: this.#world.env, dockerDir: dirname(this.places.configFile) };
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) engine.close();
    await this.#keyRing.close();
    this.#http.close();
  }

  #server({ domain }: ImageReference): TrustServer {
    const url = trustServerFor(domain, this.#world.env['DOCKER_CONTENT_TRUST_SERVER']);
    return connectTrustServer({ url, http: this.#http, credentials: this.#credentials });
  }
}

/** Runs `work` with the parts of a command, which are closed afterwards. */
export async function withSession<T>(
  call: DockerCall,
  work: (session: DockerSession) => Promise<T>,
): Promise<T> {
  const session = await DockerSession.open(call);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
