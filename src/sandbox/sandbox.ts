// `paraph sandbox` from beginning to end: a directory of its own, the stack, the story, then a stack to play with
// until somebody ends it. Everything is removed afterwards, unless it is to be kept.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { World } from '../cli/world.ts';
import { Failure } from '../errors.ts';
import { afterword } from './afterword.ts';
import { Narrator } from './narrator.ts';
import type { Paraph } from './person.ts';
import { setScene } from './scene.ts';
import { tellStory } from './story.ts';

export interface SandboxOptions {
  readonly world: World;
  readonly paraph: Paraph;
  /** Where keys, trust data and certificates stay; a temporary directory when undefined. */
  readonly keep: string | undefined;
  /** Whether to end after the story. */
  readonly isShort: boolean;
}

/** @throws Failure USAGE, DISK; INTERNAL when the story does not end as it should */
export async function runSandbox({ world, paraph, keep, isShort }: SandboxOptions): Promise<void> {
  const interrupted = world.interrupted();
  const directory = await openDirectory(
    keep === undefined ? undefined : resolve(world.workingDir, keep),
  );
  const narrator = new Narrator(world.stdout, (world.env['NO_COLOR'] ?? '') === '');
  try {
    const scene = await setScene({ directory, world, paraph, narrator });
    const story = tellStory(scene);
    try {
      const ending = await Promise.race([story, interrupted.then(() => 'interrupted')]);
      if (ending === 'interrupted' || isShort) return;
      narrator.lines(afterword(scene, keep !== undefined));
      await interrupted;
    } finally {
      await scene.close();
      // One that was interrupted fails at its next request; until then it may still write.
      await story.catch(() => undefined);
    }
  } finally {
    if (keep === undefined) await rm(directory, { recursive: true, force: true });
  }
}

async function openDirectory(keep: string | undefined): Promise<string> {
  try {
    if (keep === undefined) return await mkdtemp(join(tmpdir(), 'paraph-sandbox-'));
    await mkdir(keep, { recursive: true, mode: 0o700 });
    const found = await readdir(keep);
    if (found.length === 0) return keep;
  } catch (cause) {
    throw new Failure('DISK', `${keep ?? tmpdir()} cannot hold the sandbox`, { cause });
  }
  throw new Failure('USAGE', `${keep} is not empty`, {
    remedy: 'Name a directory that is empty or not there yet.',
  });
}
