// Everything that can be said about the sources without running the product. All checks run, one line
// is printed for each, the output of a check only when it failed; the exit status is 1 if any did.
import { spawn } from 'node:child_process';

const vitest = 'node_modules/vitest/vitest.mjs';

/** What is checked, with the program of node_modules/.bin (or node itself) that checks it. */
const checks = [
  ['format', 'biome', ['check', '.']],
  ['lint', 'oxlint', ['--type-aware', '.']],
  ['compile', 'tsc', ['-p', '.']],
  ['unused code', 'knip', ['--no-progress', '--no-config-hints']],
  [
    'borders',
    process.execPath,
    [vitest, 'run', '--project=unit', '--reporter=dot', 'test/borders.test.ts'],
  ],
  ['generated docs', process.execPath, ['scripts/reference-docs.mjs', '--check']],
];

/** Runs one check; resolves to whether it passed, its output and how long it took. */
function run([name, program, args]) {
  const started = performance.now();
  const command = program === process.execPath ? program : `node_modules/.bin/${program}`;
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    const end = (passed, text) =>
      resolve({ name, passed, text, seconds: (performance.now() - started) / 1000 });
    child.on('error', (error) => end(false, String(error)));
    child.on('close', (status) => end(status === 0, Buffer.concat(output).toString()));
  });
}

let failed = 0;
for (const result of checks.map(run)) {
  const { name, passed, text, seconds } = await result;
  console.log(
    `${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(14)} ${seconds.toFixed(1).padStart(5)} s`,
  );
  if (!passed) {
    failed += 1;
    console.log(text.trimEnd().replaceAll(/^/gm, '    '));
  }
}
process.exitCode = failed === 0 ? 0 : 1;
