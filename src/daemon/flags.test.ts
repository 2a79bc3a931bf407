import { expect, it } from 'vitest';
import { parseDaemonFlags } from './flags.ts';

const parse = (...args: string[]) => parseDaemonFlags(args, 'paraph-signer');

it.each([
  [['-config', 'a=b.json']],
  [['--config', 'a=b.json']],
  [['-config=a=b.json']],
  [['--config=a=b.json']],
])('reads a value as Go does: %j', (args) => {
  expect(parse(...args)).toMatchObject({ configFile: 'a=b.json', isDebug: false });
});

it('reads switches with and without a value', () => {
  expect(parse('-debug', '--version')).toMatchObject({ isDebug: true, isVersion: true });
  expect(parse('-debug=false', '-bootstrap=1')).toMatchObject({
    isDebug: false,
    isBootstrap: true,
  });
  expect(parse('--dry-run').isDryRun).toBe(true);
  expect(parse('-h').isHelp).toBe(true);
  expect(parse()).toEqual({
    configFile: undefined,
    isDebug: false,
    isBootstrap: false,
    isDryRun: false,
    isVersion: false,
    isHelp: false,
  });
});

it("takes notary's -logf, which changes nothing", () => {
  expect(parse('-logf', 'json', '-debug').isDebug).toBe(true);
});

it.each([
  ['-config'],
  ['-debug=maybe'],
  ['-unknown'],
  ['word'],
  ['-'],
  ['--'],
  ['---config=x'],
  [''],
])('refuses %j', (argument) => {
  expect(() => parse(argument)).toThrow(
    expect.objectContaining({ code: 'USAGE', remedy: 'paraph-signer -help lists the flags.' }),
  );
});
