// What makes this program a plug-in of the docker CLI: the answer to its question who we are, the name under which it
// calls us, and the socket by which it says that it is about to end (docker trust §11).
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { version } from '../../version.ts';

/** docker's question to every file in cli-plugins, before each help text and each command that it does not know. */
export const metadataCommand = 'docker-cli-plugin-metadata';

const prefix = 'docker-';
/** What docker calls the commands, and what a stand-alone program is called after. */
export const usualName = 'trust';

/** The answer to `docker-cli-plugin-metadata`. */
export function metadata(): string {
  const answer = {
    SchemaVersion: '0.1.0',
    Vendor: 'Paraph',
    Version: version,
    ShortDescription: 'Manage trust on Docker images',
  };
  return `${JSON.stringify(answer, undefined, 4)}\n`;
}

/**
 * The command of docker that the program file stands for: docker calls `docker-NAME` for `docker NAME`. Undefined for a
 * file that is no plug-in.
 */
export function pluginName(programFile: string): string | undefined {
  const file = basename(programFile).replace(/\.exe$/, '');
  const name = file.startsWith(prefix) ? file.slice(prefix.length) : '';
  return /^[a-z][a-z0-9]*$/.test(name) ? name : undefined;
}

/** How often it is looked whether docker's socket is still there. */
const lookMs = 500;
/** Where Linux lists its sockets, those with abstract names too. */
const socketList = '/proc/net/unix';

/**
 * Calls `end` when docker closes the socket that it named in DOCKER_CLI_PLUGIN_SOCKET: it was told to end, and a
 * process that is not at its terminal hears nothing of that otherwise. Nothing is kept alive by it.
 */
export function watchDocker(socketName: string | undefined, end: () => void): void {
  if (socketName === undefined || socketName === '') return;
  // On Linux the name is abstract, written with @; Node 20 cannot connect to such a name of another program.
  if (socketName.startsWith('@')) watchList(socketName, end);
  else watchConnection(socketName, end);
}

function watchList(name: string, end: () => void): void {
  let wasThere = false;
  const look = async (): Promise<void> => {
    const isThere = await isListed(name);
    if (isThere === undefined || (wasThere && !isThere)) clearInterval(timer);
    if (wasThere && isThere === false) end();
    wasThere ||= isThere === true;
  };
  const timer = setInterval(() => void look(), lookMs).unref();
  void look();
}

/** Undefined where there is no such list. */
async function isListed(name: string): Promise<boolean | undefined> {
  try {
    const list = await readFile(socketList, 'latin1');
    return list.split('\n').some((line) => line.endsWith(` ${name}`));
  } catch {
    return undefined;
  }
}

function watchConnection(path: string, end: () => void): void {
  let isConnected = false;
  connect({ path })
    .once('connect', () => {
      isConnected = true;
    })
    .on('error', () => undefined)
    .once('close', () => {
      if (isConnected) end();
    })
    .resume()
    .unref();
}
