// What makes this program a plug-in of the docker CLI: the answer to its question who we are, the name under which it
// calls us, and the socket by which it says that it is about to end.
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

/**
 * Calls `end` when docker closes the socket that it named in DOCKER_CLI_PLUGIN_SOCKET: it was told to end, and a
 * process that is not at its terminal hears nothing of that otherwise. The socket keeps nothing alive.
 */
export function watchDocker(socketName: string | undefined, end: () => void): void {
  if (socketName === undefined || socketName === '') return;
  // Abstract sockets of Linux are written with @ in front, and begin with a zero byte.
  const path = socketName.replace(/^@/, '\0');
  const socket = connect({ path });
  let isConnected = false;
  socket
    .once('connect', () => {
      isConnected = true;
    })
    // Without the socket there is nothing to hear; docker 24 and older name none.
    .on('error', () => undefined)
    .once('close', () => {
      if (isConnected) end();
    })
    .unref();
  socket.resume();
}
