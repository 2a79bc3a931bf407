// Runs the matrix of clients, servers and signers against the real programs and writes
// docs/reference/compatibility.md from its results. Takes some minutes.
import { spawn } from 'node:child_process';

const child = spawn(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/interop/matrix', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, COMPATIBILITY_PAGE: 'write' } },
);
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
