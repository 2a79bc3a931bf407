// What the kernel says of a process and its descendants: processor time and memory, from /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of a second in /proc/PID/stat: 100 on every Linux that Debian builds. */
const ticksPerSecond = 100;
const bytesPerKilobyte = 1024;
const bytesPerMegabyte = 1_000_000;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Of the process and of those of its children that ended, in ticks. */
  readonly ticks: number;
}

/** Processor time, in seconds, that `roots` and all their descendants have used so far. */
export function processorSeconds(roots: readonly number[]): number {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const stats = all.flatMap((name) => readStat(Number(name)));
  const parents = new Map(stats.map(({ pid, parent }) => [pid, parent]));
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) {
      if (roots.includes(at)) return true;
    }
    return false;
  };
  const ticks = stats.reduce((sum, stat) => sum + (belongs(stat.pid) ? stat.ticks : 0), 0);
  return ticks / ticksPerSecond;
}

/** Processor time, in seconds, that the whole machine has used since it started. */
export function machineSeconds(): number {
  const [, counters = ''] = /^cpu +(.*)$/m.exec(readText('/proc/stat')) ?? [];
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, soft = 0] = counters
    .split(' ')
    .map(Number);
  return (user + nice + system + interrupts + soft) / ticksPerSecond;
}

/** Memory in megabytes (10^6 bytes): held now, and the most there ever was. Zero when it has ended. */
export function memoryMegabytes(pid: number): { readonly now: number; readonly peak: number } {
  const status = readText(`/proc/${pid}/status`);
  const field = (name: string): number => {
    const [, kilobytes = '0'] = new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status) ?? [];
    return (Number(kilobytes) * bytesPerKilobyte) / bytesPerMegabyte;
  };
  return { now: field('VmRSS'), peak: field('VmHWM') };
}

function readStat(pid: number): readonly Stat[] {
  const text = readText(`/proc/${pid}/stat`);
  // The name of the program stands in parentheses and may contain anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent, , , , , , , , , , user, system, childUser, childSystem] = fields;
  if (parent === undefined || childSystem === undefined) return [];
  return [{ pid, parent, ticks: (user ?? 0) + (system ?? 0) + (childUser ?? 0) + childSystem }];
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
