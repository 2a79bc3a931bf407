// A publisher at a machine of their own, before a whole stack in this process: a registry with a little image, the
// trust server, and someone in between who passes requests on and can be told not to.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anonymous } from '../../src/remote/credentials.ts';
import { createHttpClient } from '../../src/remote/http.ts';
import { connectRegistry, parseReference } from '../../src/remote/registry.ts';
import { littleImage, manifestType } from '../../src/sandbox/image.ts';
import { type Stack, startStack } from '../../src/sandbox/stack.ts';
import { paraph, type Result, type WorldPlan } from './world.ts';

export interface Publishing {
  readonly stack: Stack;
  /** Removed by `close`. */
  readonly homeDir: string;
  /** `localhost:PORT/team/app` */
  readonly repository: string;
  /** Server, and passphrases for new keys. */
  readonly env: Readonly<
    Record<
      | 'DOCKER_CONTENT_TRUST_SERVER'
      | 'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE'
      | 'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE',
      string
    >
  >;
  /** Pushes an image that says `text` under `tag`, of `repository` unless another is named; its digest. */
  push(tag: string, text?: string, other?: string): Promise<string>;
  /** `paraph` as this publisher. */
  run(words: readonly string[], plan?: WorldPlan): Promise<Result>;
  close(): Promise<void>;
}

export async function startPublishing(): Promise<Publishing> {
  const homeDir = mkdtempSync(join(tmpdir(), 'paraph-publisher-'));
  const certificates = join(homeDir, 'certificates');
  mkdirSync(certificates);
  const stack = await startStack({ directory: certificates, nowMs: Date.now });
  trust(homeDir, stack.trustServer, stack.tls.cert);
  const http = createHttpClient();
  const registry = connectRegistry({ http, credentials: anonymous });
  const repository = `${stack.registry.host}/team/app`;
  const env = {
    DOCKER_CONTENT_TRUST_SERVER: stack.trustServer,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'root passphrase of the test',
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'repository passphrase of the test',
  };
  return {
    stack,
    homeDir,
    repository,
    env,
    async push(tag, text = tag, other = repository) {
      const image = littleImage(text);
      const reference = parseReference(`${other}:${tag}`);
      for (const { bytes } of [image.layer, image.config])
        await registry.pushBlob(reference, bytes);
      await registry.pushManifest(reference, manifestType, image.manifest.bytes);
      return image.manifest.digest;
    },
    run: (words, plan = {}) => paraph(words, { homeDir, env, ...plan }),
    async close() {
      http.close();
      await stack.close();
      rmSync(homeDir, { recursive: true, force: true });
    },
  };
}

/** Puts the authority of a trust server where docker looks for it. */
export function trust(homeDir: string, url: string, pem: string): void {
  const place = join(homeDir, '.docker/tls', new URL(url).host);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'ca.crt'), pem);
}
