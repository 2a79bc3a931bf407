// Where things are on this machine: docker's directory, which DOCKER_CONFIG moves, and what lies in it.
import { join, resolve } from 'node:path';
import { pinFileName } from '../client/trustdir/pin-file.ts';
import { safe } from './render/safe-text.ts';
import type { World } from './world.ts';

export interface Places {
  /** `~/.docker/trust` */
  readonly trustDir: string;
  /** `~/.docker/tls`, one directory a host. */
  readonly tlsDir: string;
  /** `~/.docker/config.json`, which holds logins. */
  readonly configFile: string;
  /** `~/.docker/trust/pins.json`: which roots to expect. */
  readonly pinFile: string;
}

/** Places that a call names itself, in place of the usual ones; from the working directory on. */
export interface NamedPlaces {
  readonly trustDir?: string | undefined;
  readonly pinFile?: string | undefined;
}

export function placesOf(world: World, named: NamedPlaces = {}): Places {
  const configured = world.env['DOCKER_CONFIG'];
  const dockerDir =
    configured === undefined || configured === ''
      ? join(world.homeDir, '.docker')
      : resolve(world.workingDir, configured);
  const trustDir = resolve(world.workingDir, named.trustDir ?? join(dockerDir, 'trust'));
  return {
    trustDir,
    tlsDir: join(dockerDir, 'tls'),
    configFile: join(dockerDir, 'config.json'),
    pinFile: resolve(world.workingDir, named.pinFile ?? join(trustDir, pinFileName)),
  };
}

/** Paths as people write them on this machine; a stranger's may not be fit to be shown yet. */
export function placeOf({ homeDir }: Pick<World, 'homeDir'>): (path: string) => string {
  return (path) => homely(path, homeDir);
}

/** As placeOf, fit to be shown. */
export function shownPlaceOf({ homeDir }: Pick<World, 'homeDir'>): (path: string) => string {
  return (path) => safe(homely(path, homeDir));
}

/** `path` as people write it: `~` for the home directory. */
export function homely(path: string, homeDir: string): string {
  const isBelow = homeDir !== '/' && (path === homeDir || path.startsWith(`${homeDir}/`));
  return isBelow ? `~${path.slice(homeDir.length)}` : path;
}
