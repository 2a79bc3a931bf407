// People who use `docker trust` before a whole stack in this process: each has a home of their own, and trusts the server.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeServers } from '../remote/local-servers.ts';
import { startEngine } from './engine.ts';
import { type Publishing, startPublishing, trust } from './publishing.ts';
import { dockerTrust, type Result, type WorldPlan } from './world.ts';

export interface DockerUser {
  readonly home: string;
  /** `docker trust` with the words after it. */
  trust(words: readonly string[], plan?: WorldPlan): Promise<Result>;
  /** Texts of the private keys, by id. */
  keyFiles(): ReadonlyMap<string, string>;
  /** Writes a file into the home, which is the working directory too. */
  file(name: string, content: string, mode?: number): string;
}

export interface DockerScene {
  readonly stack: Publishing;
  /** A name of a repository that nobody has used. */
  freshRepository(): string;
  user(name: string): DockerUser;
  close(): Promise<void>;
}

export async function startDockerScene(): Promise<DockerScene> {
  const stack = await startPublishing();
  const engine = await startEngine();
  const homes = mkdtempSync(join(tmpdir(), 'paraph-users-'));
  let count = 0;
  return {
    stack,
    freshRepository() {
      count += 1;
      return `${stack.repository}${count}`;
    },
    user: (name) => newUser(join(homes, name), name, stack, engine.host),
    async close() {
      await stack.close();
      closeServers();
      rmSync(homes, { recursive: true, force: true });
    },
  };
}

function newUser(home: string, name: string, stack: Publishing, engine: string): DockerUser {
  mkdirSync(join(home, '.docker'), { recursive: true });
  trust(home, stack.stack.trustServer, stack.stack.tls.cert);
  const auth = Buffer.from(`${name}:password`).toString('base64');
  const auths = { [stack.stack.registry.host]: { auth } };
  writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ auths }));
  // It has no image: what the registry has is signed.
  const emptyEngine = { DOCKER_HOST: engine };
  return {
    home,
    trust: (words, plan = {}) =>
      dockerTrust(words, {
        homeDir: home,
        ...plan,
        env: { ...stack.env, ...emptyEngine, ...plan.env },
      }),
    keyFiles() {
      const folder = join(home, '.docker/trust/private');
      const names = existsSync(folder) ? readdirSync(folder) : [];
      return new Map(
        names.map((file) => [file.replace('.key', ''), readFileSync(join(folder, file), 'utf8')]),
      );
    },
    file(file, content, mode = 0o600) {
      writeFileSync(join(home, file), content, { mode });
      return join(home, file);
    },
  };
}
