// Engines that repeat the login that they were sent, in any of its forms, where people see it.
import type { ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import {
  answer,
  closeServers,
  quickLimits,
  socketServer,
  temporaryDirectory,
} from '../../test/remote/local-servers.ts';
import { connectEngine, type Engine, findEngine, type PushProgress } from './engine.ts';
import { parseReference } from './reference.ts';

afterEach(closeServers);

const reference = { ...parseReference('registry.test/team/app:v1'), tag: 'v1' };
const login = { kind: 'password', username: 'erin', password: 'hunter22' } as const;

/** An engine that answers a push by `say`, which is given the header with the login. */
async function engineSaying(
  say: (header: string, response: ServerResponse) => void,
): Promise<Engine> {
  const socket = await socketServer((request, response) => {
    if (request.url === '/_ping') answer(response, 200, '');
    else say(String(request.headers['x-registry-auth']), response);
  });
  const endpoint = findEngine(
    { hosts: [`unix://${socket}`] },
    { environment: {}, dockerDir: temporaryDirectory() },
  );
  return connectEngine({ endpoint, userAgent: 'test', limits: quickLimits });
}

function push(engine: Engine, listener: (progress: PushProgress) => void = () => {}) {
  return engine.pushImage({ reference, login, listener }).finally(() => engine.close());
}

const encoded = (text: string) => Buffer.from(text).toString('base64');
const repeated: readonly (readonly [string, (header: string) => string])[] = [
  ['the header', (header) => header],
  ['the header without its padding', (header) => header.replace(/=+$/, '')],
  ['the header in the other alphabet', (header) => encoded(decoded(header))],
  ['the header, decoded', decoded],
  ['what it sends to the registry', () => encoded(`${login.username}:${login.password}`)],
];
function decoded(header: string): string {
  return Buffer.from(header, 'base64url').toString();
}

it.each(repeated)('keeps to itself %s, in a refusal', async (_what, echo) => {
  let said = '';
  const engine = await engineSaying((header, response) => {
    said = echo(header);
    answer(response, 500, JSON.stringify({ message: `bad header: ${said}` }));
  });
  await expect(push(engine)).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    message: 'Error response from daemon: (withheld: it repeats the login)',
  });
  expect(said.length).toBeGreaterThan(10);
});

it.each(repeated)('keeps to itself %s, in the stream', async (_what, echo) => {
  const lines: PushProgress[] = [];
  let said = '';
  const engine = await engineSaying((header, response) => {
    said = echo(header);
    const told = [{ status: `using ${said}` }, { id: said, status: 'Pushing' }, { error: said }];
    answer(response, 200, told.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  await expect(push(engine, (line) => lines.push(line))).rejects.toMatchObject({
    code: 'PUSH_FAILED',
    message: '(withheld: it repeats the login)',
  });
  expect(lines).toMatchObject([
    { id: '', status: '(withheld: it repeats the login)' },
    { id: '(withheld: it repeats the login)', status: 'Pushing' },
  ]);
  expect(said.length).toBeGreaterThan(10);
});
