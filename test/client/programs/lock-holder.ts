// Takes a lock, says so, and keeps it until it is killed or its input ends.
import { acquireLock } from '../../../src/client/trustdir/lock.ts';

const [path, mode] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: lock-holder PATH [count FILE]');
const lock = await acquireLock(path, 60_000);
process.stdout.write('held\n');
if (mode === 'hold') {
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
}
await lock.release();
