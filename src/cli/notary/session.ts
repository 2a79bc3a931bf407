// What one command works with: the configuration, the trust directory, a server where it wants one. Opened by a command
// and closed by it, whatever happens.
import { join } from 'node:path';
import type { ClientEvent } from '../../client/events.ts';
import type { ConsumerPorts } from '../../client/ports.ts';
import { TrustDirectory } from '../../client/trustdir/trust-directory.ts';
import type { TrustServer } from '../../remote/trust-server.ts';
import { clientWarning } from '../go-text/client-warnings.ts';
import type { KeyRing } from '../key-ring.ts';
import { consumerPorts } from '../ports.ts';
import { noticeLines } from '../render/notice.ts';
import type { World } from '../world.ts';
import type { NotaryCall } from './command.ts';
import { type NotaryConfig, readConfig } from './config.ts';
import { NotaryConsole } from './console.ts';
import { type Access, noServer, type OpenServer, openServer } from './server.ts';

export class NotarySession {
  readonly console: NotaryConsole;
  readonly config: NotaryConfig;
  readonly directory: TrustDirectory;
  readonly #world: World;
  readonly #opened: OpenServer[] = [];
  #ring: KeyRing | undefined;

  private constructor({ world }: NotaryCall, console: NotaryConsole, config: NotaryConfig) {
    this.#world = world;
    this.console = console;
    this.config = config;
    this.directory = new TrustDirectory(config.trustDir);
  }

  /** @throws Failure CONFIG_INVALID */
  static async open(call: NotaryCall): Promise<NotarySession> {
    const { env, workingDir } = call.world;
    const console = new NotaryConsole(call);
    if ((env['HOME'] ?? '') === '') {
      const here = join(workingDir, '.notary');
      console.log(
        'warning',
        'cannot get current user home directory: environment variable not set',
      );
      console.log('warning', `notary will use ${here} to store configuration and keys`);
    }
    const config = await readConfig(call);
    for (const name of config.unknown) {
      console.log('warning', `remote_server.${name} is not a setting, and is ignored`);
    }
    console.log('debug', `Using the following trust directory: ${config.trustDir}`);
    return new NotarySession(call, console, config);
  }

  /** What reads work with. @throws Failure as openServer */
  async consumer(): Promise<ConsumerPorts> {
    return this.ports(await this.server('read'));
  }

  /** Without a server: what lies here is all there is. */
  local(): ConsumerPorts {
    return this.ports(noServer(this.config.server.url));
  }

  async server(access: Access): Promise<TrustServer> {
    const opened = await openServer(this.config.server, access, this.#world, this.console);
    this.#opened.push(opened);
    return opened.server;
  }

  ports(server: TrustServer): ConsumerPorts {
    const { pins } = this.config;
    const sources = { world: this.#world, directory: this.directory, pins };
    return consumerPorts(server, sources, (event) => this.#tell(event));
  }

  /** The keys and passphrases of this command, made for the first who needs them: each key is derived and asked for once. */
  keyRing(make: () => KeyRing): KeyRing {
    this.#ring ??= make();
    return this.#ring;
  }

  async close(): Promise<void> {
    for (const opened of this.#opened) opened.close();
    await this.#ring?.close();
  }

  /** What notary's library warns of, in its words; the rest is information. */
  #tell(event: ClientEvent): void {
    const warning = clientWarning(event, this.#world.nowMs());
    if (warning !== undefined) {
      this.console.log('warning', warning);
      return;
    }
    const lines = noticeLines(event, this.#world.nowMs());
    // Another program's repository is an everyday thing here, another root than the one known is not.
    const isAlarming = event.kind === 'cache-not-updated' || isReplacement(event);
    if (lines.length > 0) this.console.log(isAlarming ? 'warning' : 'info', lines.join(' '));
  }
}

function isReplacement(event: ClientEvent): boolean {
  return event.kind === 'trust-found' && event.isReplacement;
}

/** Runs `work` in a session of its own. */
export async function inSession(
  call: NotaryCall,
  work: (session: NotarySession) => Promise<void>,
): Promise<void> {
  const session = await NotarySession.open(call);
  try {
    await work(session);
  } finally {
    await session.close();
  }
}
