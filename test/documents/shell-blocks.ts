// The commands that a page of the documentation tells its reader to run. A fenced block counts when its
// info string is `sh run`; the blocks of one page form one script, as a reader would type it.
import { spawn } from 'node:child_process';

/** Longest time that the commands of one page may take. */
const pageTimeoutMs = 180_000;

/** The marked blocks of `markdown`, in order. Other blocks, also unmarked `sh`, are left alone. */
export function shellBlocks(markdown: string): readonly string[] {
  const blocks: string[] = [];
  let block: string[] | undefined;
  let fence = '';
  for (const line of markdown.split('\n')) {
    const [, marker = '', info = ''] = /^\s*(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === '' && marker !== '') {
      fence = marker;
      block = /^sh\s+run\s*$/.test(info) ? [] : undefined;
    } else if (fence !== '' && marker.startsWith(fence) && info.trim() === '') {
      if (block !== undefined) blocks.push(block.join('\n'));
      fence = '';
      block = undefined;
    } else {
      block?.push(line);
    }
  }
  return blocks;
}

export interface PageRun {
  readonly status: number | null;
  readonly output: string;
}

/**
 * Runs `blocks` as one bash script that stops at the first command that fails, in `folder`, with `env`.
 * What the script left running in the background ends with it.
 */
export async function runBlocks(
  blocks: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<PageRun> {
  const script = `set -euo pipefail\n${blocks.join('\n')}\n`;
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const timer = setTimeout(() => endGroup(child.pid), pageTimeoutMs);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  clearTimeout(timer);
  endGroup(child.pid);
  return { status, output: Buffer.concat(chunks).toString() };
}

/** Ends the script's own process group, if anything of it is left. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
