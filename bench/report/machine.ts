// What the figures were measured on.
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { peers } from '../../test/peers/peers.ts';

const bytesPerGigabyte = 1_000_000_000;

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly system: string;
  readonly node: string;
  readonly go: string;
  readonly date: string;
  /** Processes that wanted to run in the minute before the run: other work on the machine, if any. */
  readonly loadBefore: number;
}

/** @param goVersion what `notary version` says, if it is here */
export function describeMachine(now: Date, goVersion: string | undefined): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / bytesPerGigabyte),
    system: `${systemName()}, Linux ${release()}`,
    node: process.version,
    go: goVersion ?? `not here: ${peers.notary.from}`,
    date: now.toISOString().slice(0, 'yyyy-mm-dd'.length),
    loadBefore: loadavg()[0] ?? 0,
  };
}

function systemName(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? 'unknown system';
  } catch {
    return 'unknown system';
  }
}
