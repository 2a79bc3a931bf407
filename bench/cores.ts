// Which processor cores serve and which make load, so that both sides of every comparison have the same.
// Servers, signers and databases get one core, whoever made them; load and clients get the others.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The program of util-linux that pins processes to cores. */
const pinner = 'taskset';
/** More than one core of load is enough for a server on one core; four are plenty. */
const maxLoadCores = 4;

export interface Cores {
  /** What goes before a command so that it runs on the core of the servers; empty without pinning. */
  readonly serverPrefix: readonly string[];
  /** Threads that may make load at the same time. */
  readonly loadThreads: number;
  /** For the head of the report. */
  readonly statement: string;
}

/** Divides the cores that this process may use, and moves it to those that make load. */
export function divideCores(): Cores {
  const [server, ...others] = allowedCores();
  const load = others.slice(0, maxLoadCores);
  const isPinned = server !== undefined && load.length > 0 && moveTo(load);
  if (!isPinned) {
    const statement = 'nothing is pinned to a core: taskset or a second core is missing';
    return { serverPrefix: [], loadThreads: 1, statement };
  }
  return {
    serverPrefix: [pinner, '-c', String(server)],
    loadThreads: load.length,
    statement:
      `servers, signers and databases of both sides on core ${server}; ` +
      `load and clients on ${load.length === 1 ? 'core' : 'cores'} ${load.join(', ')}`,
  };
}

function moveTo(cores: readonly number[]): boolean {
  const args = ['-a', '-c', '-p', cores.join(','), String(process.pid)];
  return spawnSync(pinner, args).status === 0;
}

/** The cores of `Cpus_allowed_list`, such as `0-3,8`. */
function allowedCores(): readonly number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)/m.exec(ownStatus()) ?? [];
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Number.isNaN(first)
      ? []
      : Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
