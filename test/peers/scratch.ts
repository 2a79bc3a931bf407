// The place of one test file: a folder of its own, and everything that must end when the file is done.
// Programs are stopped in the reverse order of their start. When a test failed, the last lines of every
// log are printed before the folder goes.
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';

/** Begins the names of folders whose logs are shown too. */
const partPrefix = 'part-';
/** Lines of each log that a failed test file shows. */
const shownLogLines = 12;

export interface Scratch {
  readonly path: string;
  /** Makes and returns a folder below the scratch. */
  folder(name: string): Promise<string>;
  /** Runs `end` when the test file is done. */
  defer(end: () => Promise<void>): void;
}

/** Call at the top of a test file. The path is short: unix sockets below it must fit 107 bytes. */
export function useScratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'paraph-'));
  const ends: (() => Promise<void>)[] = [];
  let failed = false;
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    if (failed) showLogs(path);
    await rm(path, { recursive: true, force: true });
  });
  return {
    path,
    defer: (end) => void ends.push(end),
    async folder(name) {
      const folder = join(path, name);
      await mkdir(folder, { recursive: true });
      return folder;
    },
  };
}

/** A place inside `whole` for names that would meet in it; it ends with the whole. */
export async function partOf(whole: Scratch, name: string): Promise<Scratch> {
  const path = await whole.folder(partPrefix + name);
  return {
    path,
    defer: (end) => whole.defer(end),
    folder: (inner) => whole.folder(join(partPrefix + name, inner)),
  };
}

function showLogs(path: string): void {
  const files = readdirSync(path).flatMap((name) =>
    name.startsWith(partPrefix)
      ? readdirSync(join(path, name)).map((file) => join(name, file))
      : name,
  );
  for (const name of files.filter((file) => file.endsWith('.log'))) {
    const lines = readFileSync(join(path, name), 'utf8').trimEnd().split('\n');
    console.error(`--- ${name}\n${lines.slice(-shownLogLines).join('\n')}`);
  }
}
