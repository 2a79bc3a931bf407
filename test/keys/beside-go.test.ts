// Keys and passphrases beside the real notary and docker: the same words at a terminal, and files that either
// side can read after the other wrote, moved or exported them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodePem, encodePem } from '../../src/encoding/pem.ts';
import { KeyFileStore } from '../../src/keys/file-store.ts';
import { makeLooseKey } from '../../src/keys/loose-key.ts';
import { Passphrases } from '../../src/keys/passphrase.ts';
import { dockerVoice, notaryVoice, type PassphraseVoice } from '../../src/keys/passphrase-voice.ts';
import type { Terminal } from '../../src/keys/terminal-prompt.ts';
import { peer } from '../peers/peers.ts';
import { runAtTerminal } from './at-terminal.ts';
import { goKeyFile, goKeyFiles, passphrase } from './vectors.ts';

let directory: string;
let trust: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paraph-beside-'));
  trust = join(directory, 'trust');
  mkdirSync(join(trust, 'private'), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true }));

const everyRole = {
  NOTARY_ROOT_PASSPHRASE: passphrase,
  NOTARY_TARGETS_PASSPHRASE: passphrase,
  NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
  NOTARY_DELEGATION_PASSPHRASE: passphrase,
};
const notary = (...args: readonly string[]) =>
  execFileSync(peer('notary'), ['-d', trust, ...args], {
    encoding: 'utf8',
    env: { HOME: directory, ...everyRole },
  });
const put = (path: string, text: string) => {
  const location = join(trust, 'private', path);
  mkdirSync(join(location, '..'), { recursive: true });
  writeFileSync(location, text);
};
const keyFiles = () => readdirSync(join(trust, 'private')).sort();
const store = (...answers: readonly string[]) => {
  const left = [...answers];
  return new KeyFileStore(trust, {
    passphrase: async () => Buffer.from((left.length > 1 ? left.shift() : left[0]) ?? passphrase),
  });
};

/** The screen of our side: what the voice asks and tells while a person gives these answers. */
async function ourScreen(
  voice: PassphraseVoice,
  answers: readonly string[],
  act: (keys: KeyFileStore) => Promise<unknown>,
): Promise<string> {
  const left = [...answers];
  let screen = '';
  const terminal: Terminal = {
    ask: async (question) => {
      screen += `${question}\n`;
      return Buffer.from(left.shift() ?? '');
    },
    tell: (line) => void (screen += `${line}\n`),
    close: () => undefined,
  };
  await act(new KeyFileStore(trust, new Passphrases({ voice, terminal }))).catch(() => undefined);
  return screen;
}

/** The lines of a screen that are about passphrases, without ids, which differ, and without echoes, as Go has some. */
const aboutPassphrases = (screen: string): string =>
  screen
    .split('\n')
    .filter((line) => !/^(Generat|Success|Loading|\* fatal|error importing|failed|$)/.test(line))
    .join('\n')
    .replaceAll(/ID [0-9a-f]{7}/g, 'ID')
    .replaceAll(/^((?:Enter|Repeat) passphrase [^:]*: ).*$/gm, '$1');

describe('the words at a terminal', () => {
  const clumsy = ['short', 'longenough1', 'different1', 'longenough1', 'longenough1'];

  it('are those of notary for a new root key', async () => {
    const command = [peer('notary'), '-d', trust, 'key', 'generate'];
    const { screen, status } = await runAtTerminal(command, clumsy);
    expect(status).toBe(0);
    const ours = await ourScreen(notaryVoice, clumsy, (keys) => keys.generate('root'));
    expect(aboutPassphrases(ours)).toBe(aboutPassphrases(screen));
    expect(aboutPassphrases(screen).split('\n')).toHaveLength(13);
  });

  it('are those of notary for a wrong passphrase and for a change of it', async () => {
    const id = goKeyFiles.alice;
    put(`${id}.key`, goKeyFile(id));
    const command = [peer('notary'), '-d', trust, 'key', 'passwd', id];
    for (const answers of [
      ['wrong1', 'wrong2', 'wrong3', 'wrong4'],
      ['wrong', passphrase, 'short', 'longenough1', 'longenough1'],
    ]) {
      put(`${id}.key`, goKeyFile(id));
      const { screen } = await runAtTerminal(command, answers);
      put(`${id}.key`, goKeyFile(id));
      const ours = await ourScreen(notaryVoice, answers, (keys) => keys.changePassphrase(id));
      expect(aboutPassphrases(ours)).toBe(aboutPassphrases(screen));
      expect(screen).toContain('Passphrase incorrect. Please retry.');
    }
  });

  it('are those of notary when none is chosen in twelve times', async () => {
    const answers = Array.from({ length: 13 }, () => 'short');
    const command = [peer('notary'), '-d', trust, 'key', 'generate', '-r', 'foo'];
    const { screen } = await runAtTerminal(command, answers);
    const ours = await ourScreen(notaryVoice, answers, (keys) => keys.generate('foo'));
    expect(aboutPassphrases(ours)).toBe(aboutPassphrases(screen));
    expect(screen).toContain('maximum number of passphrase attempts exceeded');
  });

  it('are those of notary for a key pair in files', async () => {
    const basePath = join(directory, 'go');
    const command = [peer('notary'), '-d', trust, 'key', 'generate', '-r', 'root', '-o', basePath];
    const { screen } = await runAtTerminal(command, clumsy);
    let ours = '';
    const left = [...clumsy];
    const terminal: Terminal = {
      ask: async (question) => {
        ours += `${question}\n`;
        return Buffer.from(left.shift() ?? '');
      },
      tell: (line) => void (ours += `${line}\n`),
      close: () => undefined,
    };
    const source = new Passphrases({ voice: notaryVoice, terminal });
    await makeLooseKey({ basePath: join(directory, 'us'), role: 'root', askedRole: '' }, source);
    expect(aboutPassphrases(ours)).toBe(aboutPassphrases(screen));
    const shape = (name: string) =>
      readFileSync(join(directory, name), 'utf8').replaceAll(/^[A-Za-z0-9+/=]+$/gm, '…');
    expect(shape('us.pem')).toBe(shape('go.pem'));
    expect(decodePem(readFileSync(join(directory, 'us-key.pem'), 'utf8'))[0]?.headers).toEqual(
      decodePem(readFileSync(join(directory, 'go-key.pem'), 'utf8'))[0]?.headers,
    );
  });

  it('are those of docker for a new key of a signer, and for a file', async () => {
    const env = { DOCKER_CONFIG: join(directory, 'docker') };
    const generate = [peer('docker-28'), 'trust', 'key', 'generate', 'alice', '--dir', directory];
    const made = await runAtTerminal(generate, clumsy, env);
    expect(made.status).toBe(0);
    const ours = await ourScreen(dockerVoice, clumsy, (keys) => keys.generate('alice'));
    expect(aboutPassphrases(ours)).toBe(aboutPassphrases(made.screen));

    const file = join(directory, 'encrypted.pem');
    const [block] = decodePem(goKeyFile(goKeyFiles.root));
    const text = encodePem({ ...block!, headers: new Map() });
    writeFileSync(file, text, { mode: 0o600 });
    const load = [peer('docker-28'), 'trust', 'key', 'load', '--name', 'alice', file];
    const wrong = ['wrong1', 'wrong2', 'wrong3', 'wrong4'];
    const loaded = await runAtTerminal(load, wrong, env);
    const oursOfFile = await ourScreen(dockerVoice, wrong, (keys) =>
      keys.importKeys(text, { role: 'alice' }),
    );
    expect(aboutPassphrases(oursOfFile)).toBe(aboutPassphrases(loaded.screen));
    expect(loaded.screen).toContain('Enter passphrase for encrypted key: ');
  });
});

describe('files', () => {
  /** Notary opens a key to give it the same passphrase again; it fails when it cannot. */
  const opensInNotary = (id: string) => {
    expect(notary('key', 'passwd', id)).toContain(`Successfully updated passphrase`);
  };

  it('whose passphrase we changed open in notary', async () => {
    const ids = [goKeyFiles.root, goKeyFiles.bob, goKeyFiles.targets];
    for (const id of ids) {
      put(`${id}.key`, goKeyFile(id));
      await store().changePassphrase(id);
      expect(readFileSync(join(trust, 'private', `${id}.key`), 'utf8')).not.toBe(goKeyFile(id));
      opensInNotary(id);
    }
  }, 60_000);

  it('that we moved from an old layout are found and opened by notary', async () => {
    const bare = (id: string) =>
      encodePem({ ...decodePem(goKeyFile(id))[0]!, headers: new Map<string, string>() });
    put(`root_keys/${goKeyFiles.root}_root.key`, bare(goKeyFiles.root));
    put(`tuf_keys/example.com/a/${goKeyFiles.targets}_targets.key`, bare(goKeyFiles.targets));
    put(`example.com/b/${goKeyFiles.alice}_snapshot.key`, bare(goKeyFiles.alice));
    await store().migrate();
    const listed = notary('key', 'list');
    expect(listed).toMatch(new RegExp(`root +${goKeyFiles.root}`));
    expect(listed).toMatch(new RegExp(`targets +example.com/a +${goKeyFiles.targets}`));
    expect(listed).toMatch(new RegExp(`snapshot +example.com/b +${goKeyFiles.alice}`));
    for (const id of [goKeyFiles.root, goKeyFiles.targets, goKeyFiles.alice]) opensInNotary(id);
  });

  it('of an old layout are moved by us to the very bytes that notary moves them to', async () => {
    const old = new Map([
      [`root_keys/${goKeyFiles.root}_root.key`, goKeyFiles.root],
      [`tuf_keys/example.com/a/${goKeyFiles.targets}_targets.key`, goKeyFiles.targets],
      [`tuf_keys/${goKeyFiles.alice}_alice.key`, goKeyFiles.alice],
    ]);
    const putOld = () => {
      for (const [path, id] of old) {
        put(path, encodePem({ ...decodePem(goKeyFile(id))[0]!, headers: new Map() }));
      }
    };
    const texts = () =>
      keyFiles().map((name) => [name, readFileSync(join(trust, 'private', name), 'utf8')]);
    putOld();
    await store().migrate();
    const ours = texts();
    rmSync(join(trust, 'private'), { recursive: true });
    putOld();
    notary('key', 'list');
    expect(texts()).toEqual(ours);
  });

  it('exported by either are imported by the other', async () => {
    const ids = [goKeyFiles.root, goKeyFiles.targets];
    for (const id of ids) put(`${id}.key`, goKeyFile(id));
    const file = join(directory, 'export.pem');
    const text = await store().exportKeys();
    expect(text).toBe(notary('key', 'export'));
    writeFileSync(file, text);
    for (const id of ids) rmSync(join(trust, 'private', `${id}.key`));
    notary('key', 'import', file);
    expect(keyFiles()).toEqual(ids.map((id) => `${id}.key`).sort());
    for (const id of ids) opensInNotary(id);
    for (const id of ids) rmSync(join(trust, 'private', `${id}.key`));
    await store().importKeys(text, { keepsEncrypted: true });
    for (const id of ids)
      expect(readFileSync(join(trust, 'private', `${id}.key`), 'utf8')).toBe(goKeyFile(id));
  });

  it('that we removed are gone for notary', async () => {
    put(`${goKeyFiles.root}.key`, goKeyFile(goKeyFiles.root));
    await store().remove(goKeyFiles.root);
    expect(notary('key', 'list')).toContain('No signing keys found.');
  });
});
