// What README and guide tell their readers to type is typed here, in a copy of the project and with an
// empty home, each sandbox that several pages begin with once. `npm ci` is left to .ci/run, which runs it in a fresh checkout.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { runBlocks, shellBlocks } from '../documents/shell-blocks.ts';
import { useScratch } from '../peers/scratch.ts';

const scratch = useScratch();

const pages = ['README.md', ...readdirSync('docs/guide').map((name) => `docs/guide/${name}`)]
  .filter((path) => path.endsWith('.md') && existsSync(path))
  .map((path) => ({ path, blocks: shellBlocks(readFileSync(path, 'utf8')) }))
  .filter(({ blocks }) => blocks.length > 0);

/** What one page begins with is typed once, though other pages consist of it. */
const typed = pages.filter(
  ({ path, blocks }) =>
    !pages.some(
      (other) =>
        other.path !== path && `${other.blocks.join('\n')}\n`.startsWith(`${blocks.join('\n')}\n`),
    ),
);

it('the README shows commands that can be run', () => {
  expect(typed.map(({ path }) => path)).toContain('README.md');
});

it.each(typed)('the commands of $path work', { timeout: 200_000 }, async ({ path, blocks }) => {
  expect(blocks.join('\n')).not.toMatch(/npm (?:ci|install)/);
  const name = path.replaceAll(/[^a-z]/gi, '-');
  const home = await scratch.folder(`home-of-${name}`);
  const folder = await copyOfProject(await scratch.folder(name));
  const { status, output } = await runBlocks(blocks, folder, {
    PATH: process.env.PATH,
    HOME: home,
  });
  expect(status, output.slice(-3000)).toBe(0);
});

async function copyOfProject(folder: string): Promise<string> {
  for (const part of ['package.json', 'bin', 'dist', 'docs', 'examples']) {
    if (existsSync(part)) await cp(part, join(folder, part), { recursive: true });
  }
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  return folder;
}
