import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPinFile } from './pin-file.ts';

const id = 'ab'.repeat(32);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paraph-pins-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(content: string | undefined, isNamed = true) {
  const path = join(folder, 'pins.json');
  if (content !== undefined) await writeFile(path, content);
  return readPinFile({ path, isNamed, workingDirectory: folder });
}

const invalid = { code: 'CONFIG_INVALID' };

describe('a file with pins', () => {
  it('pins as it says', async () => {
    const pins = await read(
      JSON.stringify({
        trust_pinning: { root_keys: { 'registry.test/*': [id] }, disable_tofu: true },
      }),
    );
    const applied = await pins.pinFor('registry.test/app', 0);
    expect(applied).toMatchObject({
      pin: { kind: 'ids', ids: new Set([id]) },
      reason: 'root-key-pin',
    });
    expect(pins.allowsFirstUse).toBe(false);
  });

  it('may be the configuration of notary, with everything else that stands there', async () => {
    const pins = await read(
      JSON.stringify({
        trust_dir: '~/.docker/trust',
        trust_pinning: { certs: { 'registry.test/App': [id] } },
      }),
    );
    expect(await pins.pinFor('registry.test/App', 0)).toMatchObject({ reason: 'certificate-pin' });
  });

  it('that is missing pins nothing, unless somebody named it', async () => {
    expect((await read(undefined, false)).allowsFirstUse).toBe(true);
    await expect(read(undefined)).rejects.toMatchObject(invalid);
  });

  for (const [what, content] of [
    ['is not JSON', '{"trust_pinning":'],
    ['names a member twice', '{"trust_pinning":{},"trust_pinning":{}}'],
    ['pins nothing', '{"trust_pining":{}}'],
    ['has a setting that is no pin', '{"trust_pinning":{"cert":{}}}'],
    ['has an id that is none', '{"trust_pinning":{"certs":{"a":["xyz"]}}}'],
  ] as const) {
    it(`that ${what} stops everything`, async () => {
      await expect(read(content, false)).rejects.toMatchObject(invalid);
    });
  }
});
