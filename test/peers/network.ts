// Where the programs of a test talk to each other: this machine's loopback, or a network of the test's
// own (private-network.ts).
import { connect } from 'node:net';

export interface Network {
  /** Address on which programs of this network listen. */
  readonly address: string;
  /** The command line that runs `command` inside this network. */
  command(command: string, args: readonly string[]): readonly string[];
  /** True when something accepts connections on `port`. */
  accepts(port: number): Promise<boolean>;
}

export const hostNetwork: Network = {
  address: '127.0.0.1',
  command: (command, args) => [command, ...args],
  accepts: (port) =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      const answer = (accepted: boolean): void => {
        socket.destroy();
        resolve(accepted);
      };
      socket.once('connect', () => answer(true));
      socket.once('error', () => answer(false));
    }),
};
