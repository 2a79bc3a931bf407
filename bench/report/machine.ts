// What the figures were measured on.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { performance } from 'node:perf_hooks';
import { peers } from '../../test/peers/peers.ts';
import { machineSeconds, processorSeconds } from '../process-figures.ts';

const bytesPerGigabyte = 1_000_000_000;

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly system: string;
  readonly node: string;
  readonly go: string;
  readonly date: string;
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
  };
}

/**
 * Watches for work that is not ours: what comes back says which share of the machine's processor time other
 * processes have taken since (0 to 1). Figures from a busy machine say little.
 */
export function watchOtherWork(): () => number {
  const used = (): number => machineSeconds() - processorSeconds([process.pid]);
  const usedBefore = used();
  const begunMs = performance.now();
  return () => {
    const available = ((performance.now() - begunMs) / 1000) * cpus().length;
    return Math.max(0, (used() - usedBefore) / available);
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
