// A publisher on a machine of its own: what a consumer has, and keys.

import { createHash } from 'node:crypto';
import type { PublisherPorts } from '../../src/client/ports.ts';
import { type SignResult, signTags } from '../../src/client/publish/sign-image.ts';
import { Consumer } from './consumer.ts';
import { KeyRing } from './key-ring.ts';
import type { LocalServer } from './local-server.ts';

export const gun = 'registry.test/team/app';

export interface TestPublisher extends PublisherPorts {
  readonly machine: Consumer;
  readonly keys: KeyRing;
  /** Signs each tag for content of the same name, or of the name after `=`. */
  sign(...tags: readonly string[]): Promise<SignResult>;
}

export async function publisherAt(
  server: LocalServer,
  keys = new KeyRing(),
): Promise<TestPublisher> {
  const machine = await Consumer.make(server);
  const publisher: TestPublisher = {
    server,
    directory: machine.directory,
    pins: machine.pins,
    nowMs: machine.nowMs,
    emit: machine.emit,
    pause: () => Promise.resolve(),
    machine,
    keys,
    sign: (...tags) => signTags({ gun, tags: tags.map(imageTag) }, publisher),
  };
  return publisher;
}

/** `v1` or `v1=content`. */
export function imageTag(text: string): { tag: string; digest: string; length: number } {
  const [tag = '', content = tag] = text.split('=');
  return { tag, digest: digestOf(content), length: content.length };
}

export function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
