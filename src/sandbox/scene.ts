// Everything and everybody that the story has on stage.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../cli/world.ts';
import { anonymous } from '../remote/credentials.ts';
import { createHttpClient, type HttpClient } from '../remote/http.ts';
import {
  connectRegistry,
  type ImageReference,
  parseReference,
  type Registry,
} from '../remote/registry.ts';
import { type LittleImage, littleImage, manifestType } from './image.ts';
import { Meddler } from './meddler.ts';
import type { Narrator } from './narrator.ts';
import { type Paraph, Person } from './person.ts';
import { type Stack, startStack } from './stack.ts';

export interface Scene {
  readonly stack: Stack;
  readonly narrator: Narrator;
  readonly world: World;
  /** Holds certificates, and a directory for each person. */
  readonly directory: string;
  /** Between the consumers and the trust server. */
  readonly meddler: Meddler;
  readonly publisher: Person;
  readonly consumer: Person;
  /** The registry as clients see it. */
  readonly registry: Registry;
  /** `localhost:PORT/demo/hello` */
  readonly repository: string;
  /** What the publisher made, and what somebody else would like people to run. */
  readonly good: LittleImage;
  readonly evil: LittleImage;
  /** A person with an empty machine. */
  arrive(name: string, trustServer: string): Promise<Person>;
  close(): Promise<void>;
}

/** The repository below the registry. */
export const repositoryPath = 'demo/hello';

export interface SceneOptions {
  /** Empty. */
  readonly directory: string;
  readonly world: World;
  readonly paraph: Paraph;
  readonly narrator: Narrator;
}

export async function setScene(options: SceneOptions): Promise<Scene> {
  const { directory, world, narrator } = options;
  const certificates = join(directory, 'certificates');
  await mkdir(certificates, { mode: 0o700 });
  const stack = await startStack({ directory: certificates, nowMs: world.nowMs });
  const meddler = await Meddler.start({ tls: stack.tls, server: stack.trustServer });
  const http = createHttpClient();
  const arrive = (name: string, trustServer: string): Promise<Person> =>
    Person.arrive({ ...options, name, authority: stack.tls.cert, trustServer });
  return {
    stack,
    narrator,
    world,
    directory,
    meddler,
    publisher: await arrive('publisher', stack.trustServer),
    consumer: await arrive('consumer', meddler.url),
    registry: connectRegistry({ http, credentials: anonymous }),
    repository: `${stack.registry.host}/${repositoryPath}`,
    good: littleImage('Hello from the publisher.\n'),
    evil: littleImage('Hello from somebody else.\n'),
    arrive,
    close: () => closeAll(http, meddler, stack),
  };
}

async function closeAll(http: HttpClient, meddler: Meddler, stack: Stack): Promise<void> {
  http.close();
  await meddler.close();
  await stack.close();
}

/** Pushes `image` under `tag`; the reference as people write it. */
export async function push(scene: Scene, image: LittleImage, tag: string): Promise<string> {
  const name = `${scene.repository}:${tag}`;
  const reference: ImageReference = parseReference(name);
  for (const { bytes } of [image.layer, image.config]) {
    await scene.registry.pushBlob(reference, bytes);
  }
  await scene.registry.pushManifest(reference, manifestType, image.manifest.bytes);
  return name;
}
