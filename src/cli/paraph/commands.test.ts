import { describe, expect, it } from 'vitest';
import { Flags } from './command.ts';
import { commands } from './commands.ts';
import { readCall } from './grammar.ts';

const sample: (typeof commands)[number] = {
  name: 'sample',
  group: 'service',
  summary: '',
  arguments: 'NAME…',
  takes: [0, 1],
  flags: [],
  examples: [],
  load: () => Promise.reject(new Error('not to be loaded')),
};

/** An argument list that fits the row. */
function sampleCall(spec: (typeof commands)[number]): readonly string[] {
  const args = spec.takes[0] > 0 ? ['registry.test/a/b:1'] : [];
  return [...spec.name.split(' '), ...args];
}

describe('the command table', () => {
  it('names each command once', () => {
    const names = commands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(commands)('$name: its body loads, and its row is understood', async (spec) => {
    expect(await spec.load()).toMatchObject({ run: expect.any(Function) });
    expect(readCall(sampleCall(spec), commands)).toMatchObject({ kind: 'run', spec });
  });

  it.each(commands)('$name: its examples are understood by the grammar', (spec) => {
    for (const [command] of spec.examples) {
      const call = readCall(wordsOfExample(command), commands);
      expect(call, command).toMatchObject({ kind: 'run', spec });
    }
  });

  it('has no flag that takes a passphrase, and none that weakens a check', () => {
    const flags = commands.flatMap((spec) => spec.flags.map(({ name }) => name));
    expect(flags.filter((name) => /pass|secret|token/.test(name))).toEqual(
      expect.arrayContaining(['passphrase-file', 'passphrase-fd']),
    );
    expect(
      flags.filter((name) => /pass|secret|token/.test(name) && !/-(file|fd)$/.test(name)),
    ).toEqual([]);
    expect(flags.filter((name) => /insecure|skip|ignore|force|no-verify/.test(name))).toEqual([]);
  });

  it('gives every command that prints data JSON output', () => {
    const printing = commands.filter(({ isProgram, name }) => !isProgram && name !== 'sandbox');
    for (const spec of printing) {
      expect(
        spec.flags.map(({ name }) => name),
        spec.name,
      ).toContain('output');
    }
  });
});

describe('flags', () => {
  it('come by their own names, switches as true or false', () => {
    const call = readCall(
      ['inspect', 'registry.test/a/b', '--no-trunc', '--tls-ca=ca.pem', '--output', 'json'],
      commands,
    );
    const flags = call.kind === 'run' ? call.flags : new Flags();
    expect(flags.isOn('no-trunc')).toBe(true);
    expect(flags.isOn('quiet')).toBe(false);
    expect(flags.text('tls-ca')).toBe('ca.pem');
    expect(flags.text('output')).toBe('json');
    expect(flags.text('server')).toBeUndefined();
  });

  it('that repeat come as a list', () => {
    const key = { name: 'key', value: 'FILE', repeats: true, summary: '' } as const;
    const table = [{ ...sample, flags: [key] }];
    const call = readCall(['sample', '--key', 'a.pub', '--key=b.pub'], table);
    expect(call.kind === 'run' && call.flags.texts('key')).toEqual(['a.pub', 'b.pub']);
    const none = readCall(['sample'], table);
    expect(none.kind === 'run' && none.flags.texts('key')).toEqual([]);
  });

  it('are off by default', () => {
    const call = readCall(['inspect', 'registry.test/a/b'], commands);
    expect(call.kind === 'run' && call.flags.isOn('no-trunc')).toBe(false);
  });
});

describe('a program that is also a family', () => {
  const program = { ...sample, name: 'signer', takes: [0, 1000], isProgram: true } as const;
  const add = { ...sample, name: 'signer add', takes: [1, 2] } as const;
  const table = [add, program];

  it.each<readonly [readonly string[], object]>([
    [['signer'], { kind: 'run', spec: program }],
    [['signer', '-config', 'x.json'], { kind: 'run', spec: program, args: ['-config', 'x.json'] }],
    [['signer', 'add', 'alice'], { kind: 'run', spec: add, args: ['alice'] }],
    [['signer', 'ad', 'alice'], { kind: 'wrong', suggestions: ['paraph signer add'] }],
    [['signer', '--help'], { kind: 'help', specs: [program] }],
    [['signer', 'add', '--help'], { kind: 'help', specs: [add] }],
  ])('%j', (argv, call) => {
    expect(readCall(argv, table)).toMatchObject(call);
  });
});

/** The words after `paraph` in the last simple command of an example. */
function wordsOfExample(example: string): readonly string[] {
  const [, line = ''] = /paraph ([^|<)]*)/.exec(example.replaceAll('"', '')) ?? [];
  return line.replace(/ 3$/, '').trim().split(/\s+/);
}
