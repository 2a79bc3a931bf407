import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JsonView } from '../../encoding/json-view.ts';
import { parseJson } from '../../encoding/strict-json.ts';
import { Pins } from './pins.ts';

const nowMs = Date.parse('2026-11-27T00:00:00Z');
const id = (digit: string) => digit.repeat(64);
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../test/client/fixtures/${name}.pem`, import.meta.url));

function source(trustPinning: unknown, directory = '/nowhere', workingDirectory = '/nowhere') {
  const json = parseJson(Buffer.from(JSON.stringify(trustPinning)));
  const view = new JsonView(json, 'trust_pinning', 'CONFIG_INVALID');
  return { view, directory, workingDirectory };
}
const read = (trustPinning: unknown) => Pins.read([source(trustPinning)]);
const rule = async (pins: Pins, gun: string) => (await pins.pinFor(gun, nowMs))?.rule;

describe('the pin for a repository', () => {
  it('is none without configuration, and first use is allowed', async () => {
    for (const pins of [Pins.none(), read({}), read(null), read({ certs: null, ca: null })]) {
      expect(await pins.pinFor('a/b', nowMs)).toBeUndefined();
      expect(pins.allowsFirstUse).toBe(true);
    }
    expect(read({ disable_tofu: true }).allowsFirstUse).toBe(false);
    expect(read({ disable_tofu: false }).allowsFirstUse).toBe(true);
  });

  it('is the exact name, else the longest pattern, else the longest prefix with an authority', async () => {
    const pins = read({
      certs: { 'r.test/a/b': [id('1')], 'r.test/*': [id('2')], '*': [id('3')] },
      root_keys: { 'r.test/a/*': [id('4')], 'r.test/x': [id('5')] },
      ca: { 'r.test/': fixture('authority'), '': fixture('authority') },
    });
    expect(await rule(pins, 'r.test/a/b')).toBe('certs "r.test/a/b"');
    expect(await rule(pins, 'r.test/a/bc')).toBe('root_keys "r.test/a/*"');
    expect(await rule(pins, 'r.test/b')).toBe('certs "r.test/*"');
    expect(await rule(pins, 'r.test/x')).toBe('root_keys "r.test/x"');
    expect(await rule(pins, 'other')).toBe('certs "*"');
    const authorities = read({ ca: { 'r.test/': fixture('authority'), '': fixture('authority') } });
    expect(await rule(authorities, 'r.test/a')).toBe('ca "r.test/"');
    expect(await rule(authorities, 'elsewhere')).toBe('ca ""');
  });

  it('compares names exactly, capitals included', async () => {
    const pins = read({ certs: { 'r.test/Team/App': [id('A')] } });
    expect(await pins.pinFor('r.test/Team/App', nowMs)).toMatchObject({
      pin: { kind: 'ids', ids: new Set([id('a')]) },
      reason: 'certificate-pin',
    });
    expect(await pins.pinFor('r.test/team/app', nowMs)).toBeUndefined();
  });

  it('of one pattern in two places is that of the first place, certificates before keys', async () => {
    const both = { certs: { a: [id('1')] }, root_keys: { a: [id('2')] } };
    expect(await rule(read(both), 'a')).toBe('certs "a"');
    const apart = Pins.read([source({ root_keys: both.root_keys }), source({ certs: both.certs })]);
    expect(await rule(apart, 'a')).toBe('certs "a"');
    const pins = Pins.read([
      source({ certs: { a: [id('1')] } }),
      source({ certs: { a: [id('2')] } }),
    ]);
    expect(await pins.pinFor('a', nowMs)).toMatchObject({ pin: { ids: new Set([id('1')]) } });
  });

  it('is not widened by one source when another switches first use off', () => {
    const pins = Pins.read([source({ disable_tofu: false }), source({ disable_tofu: true })]);
    expect(pins.allowsFirstUse).toBe(false);
  });
});

describe('a pin setting stops everything', () => {
  it.each([
    ['when its name is mistyped', { cert: { a: [id('1')] } }],
    ['when its name has other case', { Certs: { a: [id('1')] } }],
    ['when certs is a text', { certs: 'x' }],
    ['when the ids of a name are no list', { certs: { a: id('1') } }],
    ['when no id is listed', { certs: { a: [] } }],
    ['when an id is short', { certs: { a: ['1234567'] } }],
    ['when an id is no text', { root_keys: { a: [7] } }],
    ['when an authority is no path', { ca: { a: ['x'] } }],
    ['when disable_tofu is a text', { disable_tofu: 'true' }],
    ['when it is a list', []],
  ])('%s', (_, trustPinning) => {
    expect(() => read(trustPinning)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

describe('an authority', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'paraph-pins-'));
    await mkdir(join(directory, 'config'));
    await mkdir(join(directory, 'work'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const pins = () =>
    Pins.read([
      source({ ca: { '': 'ca.pem' } }, join(directory, 'config'), join(directory, 'work')),
    ]);

  it('is looked for beside the configuration first, then in the working directory', async () => {
    await expect(pins().pinFor('a', nowMs)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { 'looked at': `${directory}/config/ca.pem, ${directory}/work/ca.pem` },
    });
    await copyFile(fixture('authority'), join(directory, 'work', 'ca.pem'));
    const found = await pins().pinFor('a', nowMs);
    expect(found).toMatchObject({ reason: 'ca-pin', pin: { kind: 'authorities' } });
    await writeFile(join(directory, 'config', 'ca.pem'), 'not PEM');
    await expect(pins().pinFor('a', nowMs)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it.each([
    ['is out of date', 'authority-until-2026-11-25'],
    ['may not issue certificates', 'no-authority'],
  ])('that %s is refused, naming what was found', async (_, name) => {
    const one = read({ ca: { '': fixture(name) } });
    await expect(one.pinFor('a', nowMs)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { certificates: expect.stringContaining('valid to') },
    });
  });

  it('in a bundle counts when another of the bundle is out of date', async () => {
    const { readFile } = await import('node:fs/promises');
    const parts = [fixture('authority-until-2026-11-25'), fixture('authority')];
    const bundle = (await Promise.all(parts.map((path) => readFile(path)))).join('\n');
    await writeFile(join(directory, 'config', 'ca.pem'), bundle);
    const found = await pins().pinFor('a', nowMs);
    expect(found?.pin).toMatchObject({ authorities: [{ subject: 'CN=authority' }] });
  });
});
