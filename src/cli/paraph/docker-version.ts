// Which docker CLI is on the PATH, by its own word: docker up to 28 has a trust command of its own.
import { execFile } from 'node:child_process';
import type { World } from '../world.ts';

/** The last version whose own `docker trust` a plug-in cannot replace. */
const lastWithTrust = 28;
const timeoutMs = 10_000;
const maxOutputBytes = 64 * 1024;

export interface DockerVersion {
  /** As it was told, such as `28.2.2`. */
  readonly version: string;
  readonly hasOwnTrust: boolean;
}

/** Undefined when there is no docker, or it does not say. */
export async function dockerVersion({ env }: World): Promise<DockerVersion | undefined> {
  const told = await new Promise<string>((resolve) => {
    const options = {
      env: { PATH: env['PATH'] ?? '' },
      timeout: timeoutMs,
      maxBuffer: maxOutputBytes,
    };
    execFile('docker', ['--version'], options, (error, stdout) =>
      resolve(error === null ? stdout : ''),
    );
  });
  const [, version, major] = /^Docker version ((\d{1,4})[\w.+~-]{0,60})/.exec(told) ?? [];
  if (version === undefined) return undefined;
  return { version, hasOwnTrust: Number(major) <= lastWithTrust };
}
