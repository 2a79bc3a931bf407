// notary's configuration: ~/.notary/config.json or the file of -c, under what flags say (client store §5).
//
// Invariants: a setting that is not of its kind stops the command, where Go would take it for one that is not there:
// a pin or a trust directory that was meant and does not count is worse than an error. Names of settings count
// without regard to case, names of repositories exactly.
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Pins } from '../../client/trustdir/pins.ts';
import { readConfigDocument } from '../../config/document.ts';
import { systemCode } from '../../disk/system-error.ts';
import { JsonView } from '../../encoding/json-view.ts';
import { Failure, isFailure } from '../../errors.ts';
import type { NotaryCall } from './command.ts';
import { pinsOf } from './pins.ts';
import { type Settings, settingsOf } from './settings.ts';

export interface NotaryConfig {
  /** Absolute. */
  readonly trustDir: string;
  readonly server: ServerConfig;
  readonly pins: Pins;
  /** Settings of `remote_server` that nobody reads. */
  readonly unknown: readonly string[];
}

export interface ServerConfig {
  readonly url: string;
  /** Absolute paths. */
  readonly caFile: string | undefined;
  readonly clientCertFile: string | undefined;
  readonly clientKeyFile: string | undefined;
  /** `skipTLSVerify`: the certificate of the server is not looked at. */
  readonly isUnverified: boolean;
}

const defaultServerUrl = 'https://notary-server:4443';
const serverSettings = ['url', 'root_ca', 'tls_client_cert', 'tls_client_key', 'skiptlsverify'];

/**
 * What the file and the flags of a call come to.
 * @throws Failure CONFIG_INVALID, in notary's words where it has some
 */
export async function readConfig({ flags, world }: NotaryCall): Promise<NotaryConfig> {
  const { workingDir, env } = world;
  const homeDir = env['HOME'] ?? '';
  const notaryDir = join(homeDir, '.notary');
  const named = flags.text('configFile');
  const file = resolve(workingDir, named === '' ? join(notaryDir, 'config.json') : named);
  const settings = await readSettings(file, named);
  const remote = settings.table('remote_server');
  const pinning = settings.view('trust_pinning');
  return {
    trustDir: resolve(workingDir, trustDirOf(settings)),
    server: {
      url: flags.text('server') || remote.text('url') || defaultServerUrl,
      caFile: pathOf('tlscacert', 'root_ca'),
      clientCertFile: pathOf('tlscert', 'tls_client_cert'),
      clientKeyFile: pathOf('tlskey', 'tls_client_key'),
      isUnverified: remote.truth('skiptlsverify'),
    },
    pins: pinsOf(pinning, { directory: dirname(file), workingDirectory: workingDir }),
    unknown: remote.names.filter((name) => !serverSettings.includes(name)),
  };

  function trustDirOf(read: Settings): string {
    const flag = flags.text('trustDir');
    // What a flag names is relative to the working directory, a tilde included: expanding it is the shell's affair.
    return flag === '' ? expanded(read.text('trust_dir') || notaryDir, homeDir) : flag;
  }

  /** Flags are relative to the working directory, settings to their file. */
  function pathOf(flag: string, setting: string): string | undefined {
    const flagged = flags.text(flag);
    if (flagged !== '') return resolve(workingDir, flagged);
    const written = remote.text(setting);
    return written === '' ? undefined : resolve(dirname(file), written);
  }
}

/** @param named what -c says; without it, the file may be missing */
async function readSettings(file: string, named: string): Promise<Settings> {
  try {
    const document = await readConfigDocument(file);
    return settingsOf(new JsonView(document ?? new Map(), file, 'CONFIG_INVALID'));
  } catch (error) {
    if (!isFailure(error, 'CONFIG_INVALID')) throw error;
    const isMissing = systemCode(error.cause) === 'ENOENT';
    if (isMissing && named === '') return settingsOf(new JsonView(new Map(), file));
    const problem = isMissing ? `open ${named}: no such file or directory` : error.message;
    throw new Failure('CONFIG_INVALID', `error opening config file: ${problem}`, { cause: error });
  }
}

/** `~` alone or before a slash; `~user` stays as it is. */
function expanded(path: string, homeDir: string): string {
  const isHomely = path === '~' || path.startsWith('~/');
  return isHomely && !isAbsolute(path) ? join(homeDir, path.slice(1)) : path;
}
