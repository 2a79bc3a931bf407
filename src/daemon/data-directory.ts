// Where a daemon without a configuration file keeps its data. Used by both, so that a server on its embedded default
// finds what its signer leaves for it.
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import type { Environment } from './config.ts';

/**
 * The data directory of `daemon`: the variable PARAPH_SIGNER_DATA_DIR (or PARAPH_SERVER_DATA_DIR) if it is set,
 * else a directory under $STATE_DIRECTORY (systemd), $XDG_DATA_HOME or ~/.local/share. Nothing is made.
 * @throws Failure CONFIG_INVALID when none of them is set and there is no home directory
 */
export function dataDirectory(daemon: 'server' | 'signer', env: Environment): string {
  const chosen = env[`PARAPH_${daemon.toUpperCase()}_DATA_DIR`];
  if (isSet(chosen)) return chosen;
  // systemd lists several directories with colons; the first is the unit's own.
  const state = env.STATE_DIRECTORY?.split(':', 1)[0];
  if (isSet(state)) return join(state, daemon);
  if (isSet(env.XDG_DATA_HOME)) return join(env.XDG_DATA_HOME, 'paraph', daemon);
  if (isSet(env.HOME)) return join(env.HOME, '.local', 'share', 'paraph', daemon);
  throw new Failure('CONFIG_INVALID', 'there is no home directory to keep data in', {
    remedy: `Set PARAPH_${daemon.toUpperCase()}_DATA_DIR, or give a configuration file.`,
  });
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
