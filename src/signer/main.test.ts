import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bundleProgram,
  type Child,
  onceSignalsAreHeard,
  runProgram,
} from '../../test/daemon/child-program.ts';

let dir: string;
let program: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paraph-main-'));
  program = await bundleProgram(join(dir, 'program'), 'signer');
});
afterAll(() => rm(dir, { recursive: true }));

const embedded = (): NodeJS.ProcessEnv => ({
  PARAPH_SIGNER_DATA_DIR: join(dir, 'data'),
  PARAPH_SIGNER_PASSPHRASE: 'p4ssphrase',
  NOTARY_SIGNER_SERVER_GRPC_ADDR: '127.0.0.1:0',
});

const lastLine = (child: Child) => JSON.parse(child.output().trim().split('\n').at(-1) ?? '');

it('prints the version of the package', async () => {
  const child = runProgram(program, ['-version']);
  expect(await child.ended).toBe(0);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(child.output()).toBe(`paraph-signer ${version}\n`);
});

it('makes the tables and ends with -bootstrap', async () => {
  const child = runProgram(program, ['-bootstrap'], embedded());
  expect(await child.ended).toBe(0);
  expect(child.output()).toContain('the signer has stopped');
});

describe('a start that fails', () => {
  it.each([
    ['a flag that is none', ['-nope'], {}, 'USAGE'],
    ['no configuration file', ['-config', 'none.json'], {}, 'CONFIG_INVALID'],
    ['no passphrase', [], { PARAPH_SIGNER_PASSPHRASE: '' }, 'PASSPHRASE_MISSING'],
  ])('for %s is one fatal line and status 1', async (_, args, env: NodeJS.ProcessEnv, code) => {
    const child = runProgram(program, args, { ...embedded(), ...env });
    expect(await child.ended).toBe(1);
    expect(lastLine(child)).toMatchObject({ level: 'fatal', error: { code } });
  });

  it('for a backend that is not there yet names it', async () => {
    const file = join(dir, 'config.json');
    await writeFile(file, '{"server":{"grpc_addr":":1"},"storage":{"backend":"mysql"}}');
    const child = runProgram(program, [`--config=${file}`]);
    expect(await child.ended).toBe(1);
    expect(lastLine(child)).toMatchObject({
      level: 'fatal',
      error: { code: 'BACKEND_UNAVAILABLE' },
    });
    expect(child.output()).toContain('mysql');
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('on %s', (signal) => {
  it('it stops in good order, having said nothing secret', async () => {
    const child = runProgram(program, ['-debug'], embedded());
    await child.says('the signer listens');
    child.process.kill(signal);
    expect(await child.ended).toBe(0);
    expect(child.output()).toContain('the signer has stopped');
    expect(child.output()).not.toContain('p4ssphrase');
  });

  it('during the start it stops all the same', async () => {
    const NODE_OPTIONS = onceSignalsAreHeard('console.log(/heard/.source)');
    const child = runProgram(program, [], { ...embedded(), NODE_OPTIONS });
    await child.says('heard');
    child.process.kill(signal);
    expect(await child.ended).toBe(0);
    expect(child.output()).toContain('the signer has stopped');
  });
});

it('writes what Node warns of into its log', async () => {
  const NODE_OPTIONS = onceSignalsAreHeard('process.emitWarning(/w4rn/.source)');
  const child = runProgram(program, [], { ...embedded(), NODE_OPTIONS });
  await child.says('w4rn');
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
  const lines = child.output().trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ level: 'warning', text: 'w4rn' }),
  );
});

it('changes its log level on signals, and never opens a debugger', async () => {
  const child = runProgram(program, [], embedded());
  await child.says('the signer listens');
  child.process.kill('SIGUSR1');
  await child.says('Successfully setting log level to debug');
  child.process.kill('SIGUSR2');
  await child.says('Successfully setting log level to info');
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
  expect(child.output()).not.toContain('Debugger');
});
