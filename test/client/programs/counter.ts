// Adds one to a number in a file, many times, each time under the lock: lost updates show two holders.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { withLock } from '../../../src/client/trustdir/lock.ts';

const [lockPath, counterPath, times] = process.argv.slice(2);
if (lockPath === undefined || counterPath === undefined)
  throw new Error('usage: counter LOCK FILE N');
for (let turn = 0; turn < Number(times); turn += 1) {
  await withLock(
    lockPath,
    async () => {
      const seen = Number(await readFile(counterPath, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 1));
      await writeFile(`${counterPath}.new`, String(seen + 1));
      await rename(`${counterPath}.new`, counterPath);
    },
    60_000,
  );
}
