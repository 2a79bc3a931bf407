// Whether what the registry has is signed in place of an engine that does not answer.
import { expect, it } from 'vitest';
import { Failure, isFailure } from '../../errors.ts';
import type { Registry } from '../../remote/registry.ts';
import { findImage } from './image-source.ts';
import type { DockerSession } from './session.ts';

const reference = { domain: 'registry.test', name: 'registry.test/app', tag: 'v1' } as never;
const descriptor = { digest: `sha256:${'a'.repeat(64)}`, size: 1, platforms: 0 };

function outcome(system: string, isEngineNamed: boolean, isWatched: boolean): Promise<string> {
  const cause = Object.assign(new Error(), { code: system });
  const down = new Failure('UNREACHABLE', 'Cannot connect to the Docker daemon', { cause });
  const registry: Partial<Registry> = { resolve: () => Promise.resolve(descriptor as never) };
  const engine = { inspectImage: () => Promise.reject(down) };
  const session = { isEngineNamed, isWatched, engine: () => engine, registry: () => registry };
  return findImage(reference, session as unknown as DockerSession, { isLocal: false }).then(
    ({ kind }) => kind,
    (error: unknown) => (isFailure(error) ? error.code : 'none of ours'),
  );
}

it.each([
  ['ENOENT', false, false, 'registry'],
  ['ENOENT', false, true, 'registry'],
  ['ECONNREFUSED', false, false, 'UNREACHABLE'],
  ['ECONNREFUSED', false, true, 'registry'],
  ['ENOENT', true, false, 'UNREACHABLE'],
  ['ECONNREFUSED', true, false, 'UNREACHABLE'],
  ['ENOTFOUND', true, false, 'UNREACHABLE'],
  ['ENOTFOUND', true, true, 'registry'],
])(
  '%s of an engine (named: %s, somebody watches: %s): %s',
  async (system, isNamed, isWatched, what) => {
    expect(await outcome(system, isNamed, isWatched)).toBe(what);
  },
);
