import { experimental, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { logLibraryTo } from './library-log.ts';

it('takes what grpc-js reports as a fault, and nothing of its debugging', () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  logLibraryTo(createLog({ level: 'debug', service: 'test', stream }));
  setLogVerbosity(logVerbosity.DEBUG);
  experimental.log(logVerbosity.DEBUG, 'headers of a call');
  experimental.log(logVerbosity.INFO, 'news');
  experimental.log(logVerbosity.ERROR, 'a fault');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 'warning', msg: 'gRPC', text: 'a fault' }),
  ]);
});
