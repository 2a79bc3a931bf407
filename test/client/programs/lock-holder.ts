// Takes a lock, says so, and keeps it until it is killed or its input ends; or until it is killed, or a minute at most.
import { acquireLock } from '../../../src/client/trustdir/lock.ts';

const [path, mode] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: lock-holder PATH [hold | hold-until-killed]');
const lock = await acquireLock(path, 60_000);
process.stdout.write('held\n');
if (mode === 'hold') {
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
}
if (mode === 'hold-until-killed') await new Promise((resolve) => setTimeout(resolve, 60_000));
await lock.release();
