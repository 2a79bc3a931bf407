// The server's end of a connection that a test made to a server in this process, so that a test can wait for what the
// server saw instead of guessing how long that takes.
import { subscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import { Socket } from 'node:net';

/** Accepted connections by the port of their client. */
const accepted = new Map<number, Socket>();
/** By the client's end, which forgets its port when it is destroyed. */
const known = new WeakMap<Socket, Socket>();
const news = new EventEmitter();
news.setMaxListeners(0);

subscribe('net.server.socket', (message) => {
  const socket = message instanceof Object && 'socket' in message ? message.socket : undefined;
  if (!(socket instanceof Socket) || socket.remotePort === undefined) return;
  accepted.set(socket.remotePort, socket);
  news.emit('accepted');
});

/** Resolves once the server has accepted the connection of `client`. */
export async function serverSideOf(client: Socket): Promise<Socket> {
  const before = known.get(client);
  if (before !== undefined) return before;
  if (client.localPort === undefined) await once(client, 'connect');
  for (;;) {
    const socket = accepted.get(client.localPort ?? 0);
    if (socket !== undefined) {
      known.set(client, socket);
      return socket;
    }
    await once(news, 'accepted');
  }
}

/** Resolves once the server has let go of the connection of `client`. */
export async function closedByServer(client: Socket): Promise<void> {
  const socket = await serverSideOf(client);
  if (!socket.destroyed) await once(socket, 'close');
}
