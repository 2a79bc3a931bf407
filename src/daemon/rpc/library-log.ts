// What grpc-js itself has to say goes to the daemon's log, not to the console. One for the process.
import { setLogger } from '@grpc/grpc-js';
import type { Log } from '../log.ts';

const nothing = (): void => undefined;

/** Its debugging, which variables of the environment switch on and which shows headers of calls, is dropped. */
export function logLibraryTo(log: Log): void {
  const error = (text: unknown): void => log.warning('gRPC', { text: String(text) });
  setLogger({ debug: nothing, info: nothing, error });
}
