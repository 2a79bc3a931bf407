// A refusal is more than an error: what a consumer trusted before, and the files on its disk, are as they were.
import { expect } from 'vitest';
import { refresh } from '../../src/client/consume/refresh.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { Consumer } from './consumer.ts';

const roles = ['root', 'timestamp', 'snapshot', 'targets', 'targets/releases'] as const;
const maxBytes = 1 << 24;

/** A refresh is refused with `code` and, at least, these facts; nothing on disk has changed. */
export async function expectRefused(
  consumer: Consumer,
  gun: string,
  code: ErrorCode,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const before = await contentOf(consumer, gun);
  await expect(refresh(gun, consumer)).rejects.toMatchObject({ code, facts });
  expect(await contentOf(consumer, gun)).toEqual(before);
}

async function contentOf(consumer: Consumer, gun: string): Promise<unknown> {
  const { cache } = consumer.directory.repository(gun);
  const files = await Promise.all(roles.map((role) => cache.read(role, maxBytes)));
  return { files, generations: await cache.generations() };
}
