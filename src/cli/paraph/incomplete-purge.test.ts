// Purges that leave a key counting somewhere, as the commands that publish them end.
import { expect, it } from 'vitest';
import type { ClientEvent } from '../../client/events.ts';
import { Failure } from '../../errors.ts';
import type { Work } from './desk.ts';
import { refusingIncomplete } from './incomplete-purge.ts';

const gun = 'registry.example.com/team/app';
const left = (role: 'targets/a' | 'targets/b'): ClientEvent => ({
  kind: 'purge-incomplete',
  gun,
  role,
  keyIds: ['ab'.repeat(32)],
});
const retried: ClientEvent = {
  kind: 'publish-retried',
  gun,
  attempt: 1,
  problem: new Failure('VERSION_CONFLICT', 'no'),
};

async function refusalsAfter(...events: readonly ClientEvent[]) {
  const refused: Failure[] = [];
  const told: ClientEvent[] = [];
  const at = {
    ports: { emit: (event: ClientEvent) => void told.push(event) },
    refuse: (failure: Failure) => void refused.push(failure),
  } as unknown as Work;
  const result = await refusingIncomplete(at, async ({ ports }) => {
    for (const event of events) ports.emit(event);
    return 'document';
  });
  expect(result).toBe('document');
  return { told, refused };
}

it('is KEY_NOT_FOUND naming every role, although the rest is published', async () => {
  const { refused, told } = await refusalsAfter(left('targets/a'), left('targets/b'));
  expect(refused).toMatchObject([{ code: 'KEY_NOT_FOUND' }]);
  expect(Object.keys(refused[0]?.facts ?? {})).toEqual(['targets/a', 'targets/b']);
  expect(told).toEqual([]);
});

it('hands on everything else', async () => {
  const { told, refused } = await refusalsAfter(retried);
  expect([told, refused]).toEqual([[retried], []]);
});
