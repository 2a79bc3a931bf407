// `npm test`: says which real programs are here and which tests are left out without them, runs every
// test that can run, and ends with the count on a line of its own. With CI=true a missing program is a
// failure. Arguments go to vitest: `npm test -- src/tuf`.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTypeScript } from './load-typescript.mjs';

const { missingPeers, peers } = await loadTypeScript('test/peers/peers.ts');
const { leftOut } = await loadTypeScript('test/peers/needs.ts');

/** Says what is left out; returns how many peers are missing. */
function reportPeers() {
  const missing = missingPeers();
  for (const name of missing) console.log(`missing: ${name} (needs ${peers[name].from})`);
  for (const [file, names] of leftOut()) console.log(`left out: ${file} (${names.join(', ')})`);
  return missing.length;
}

/** Runs vitest; resolves to its exit status and the line of its count reporter, if it came that far. */
async function runVitest(args) {
  const folder = await mkdtemp(join(tmpdir(), 'paraph-count-'));
  const file = join(folder, 'count');
  const env = { ...process.env, TEST_COUNT_FILE: file, NO_COLOR: '1' };
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  const status = await new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
  const count = await readFile(file, 'utf8').catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
  return { status, count: count?.trim() };
}

const missing = reportPeers();
if (missing > 0 && process.env.CI === 'true') {
  console.log('CI is to run against every real program, and some are missing.');
  console.log(`0 passed, ${missing} failed`);
  process.exitCode = 1;
} else {
  const { status, count } = await runVitest(process.argv.slice(2));
  const allPassed = count !== undefined && count.endsWith(' 0 failed');
  console.log(count ?? '0 passed, 1 failed');
  process.exitCode = status === 0 && allPassed ? 0 : 1;
}
