import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PassphraseRequest } from './key-store.ts';
import { type PassphraseOptions, Passphrases } from './passphrase.ts';
import { passphraseVariables } from './passphrase-variables.ts';
import type { Terminal } from './terminal-prompt.ts';

const targetsId = `7a3d54e${'0'.repeat(57)}`;
const targets = { keyId: targetsId, role: 'targets', gun: 'registry.example.com/team/app' };
const root = { keyId: `1f54328${'0'.repeat(57)}`, role: 'root', gun: undefined };
type Key = Omit<PassphraseRequest, 'isNew' | 'attempt'>;
const existing = (key: Key = targets, attempt = 0): PassphraseRequest => ({
  ...key,
  isNew: false,
  attempt,
});
const chosen = (key: Key = targets): PassphraseRequest => ({
  ...key,
  isNew: true,
  attempt: 0,
});

/** A terminal whose user gives these answers; every buffer handed out is kept for inspection. */
function user(...answers: readonly string[]) {
  const seen: string[] = [];
  const typed: Buffer[] = [];
  const terminal: Terminal = {
    ask: async (question) => {
      seen.push(question);
      const answer = answers[typed.length];
      if (answer === undefined) throw new Error(`unexpected question: ${question}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      typed.push(Buffer.from(answer));
      return typed.at(-1)!;
    },
    tell: (line) => seen.push(line),
    close: () => seen.push('(closed)'),
  };
  return { terminal, seen, typed };
}

const ask = async (options: PassphraseOptions, request: PassphraseRequest) =>
  (await new Passphrases(options).passphrase(request)).toString();

describe('variables', () => {
  it.each([
    ['root', ['DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE', 'NOTARY_ROOT_PASSPHRASE']],
    ['targets', ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE', 'NOTARY_TARGETS_PASSPHRASE']],
    ['snapshot', ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE', 'NOTARY_SNAPSHOT_PASSPHRASE']],
    ['timestamp', ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE']],
    ['alice', ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE', 'NOTARY_DELEGATION_PASSPHRASE']],
    [
      'targets/releases',
      ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE', 'NOTARY_DELEGATION_PASSPHRASE'],
    ],
  ])('for a key of %s are those of docker and notary', (role, names) => {
    expect(passphraseVariables(role)).toEqual(names);
  });

  it('answer each for its own role alone', async () => {
    const environment = {
      NOTARY_ROOT_PASSPHRASE: 'for root',
      NOTARY_TARGETS_PASSPHRASE: 'for targets',
    };
    expect(await ask({ environment }, existing(root))).toBe('for root');
    expect(await ask({ environment }, existing())).toBe('for targets');
    await expect(ask({ environment }, { ...existing(), role: 'snapshot' })).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
    });
  });

  it('are not trimmed, and are nothing when empty', async () => {
    const environment = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: ' with blanks ' };
    expect(await ask({ environment }, existing())).toBe(' with blanks ');
    const empty = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: '' };
    await expect(ask({ environment: empty }, existing())).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
    });
  });
});

describe('sources', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'paraph-sources-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const file = (text: string) => {
    const path = join(directory, `file ${text.trim()}`);
    writeFileSync(path, text);
    return path;
  };

  it('are tried in order, each once for a key: file, descriptor, docker, notary', async () => {
    const descriptor = openSync(file('from descriptor\n'), 'r');
    const passphrases = new Passphrases({
      environment: {
        DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'from docker',
        NOTARY_TARGETS_PASSPHRASE: 'from notary',
      },
      file: file('from file\n'),
      descriptor,
      terminal: user().terminal,
    });
    const tries: string[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      tries.push((await passphrases.passphrase(existing(targets, attempt))).toString());
    }
    expect(tries).toEqual(['from file', 'from descriptor', 'from docker', 'from notary']);
    await expect(passphrases.passphrase(existing(targets, 4))).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
    });
    closeSync(descriptor);
  });

  it('for a new key are those of this command, not what somebody once exported', async () => {
    const environment = {
      DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'exported long ago',
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'exported long ago',
    };
    const path = file('meant for this one\n');
    expect(await ask({ environment, file: path }, chosen(root))).toBe('meant for this one');
    const descriptor = openSync(path, 'r');
    expect(await ask({ environment, descriptor }, chosen())).toBe('meant for this one');
    closeSync(descriptor);
  });

  it('of the environment open a key that those of the command do not', async () => {
    const environment = { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'for root' };
    const options = { environment, file: file('for targets\n') };
    expect(await ask(options, existing())).toBe('for targets');
    expect(await ask(options, existing(root, 1))).toBe('for root');
  });

  it('never lead to a prompt or a second try when the given one is wrong', async () => {
    const environment = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'wrong' };
    const { terminal, seen } = user('right');
    await expect(ask({ environment, terminal }, existing(targets, 1))).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
      message:
        'the passphrase in DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE does not open the targets key 7a3d54e of registry.example.com/team/app',
    });
    expect(seen).toEqual([]);
  });

  it('try a value once even when two of them hold it', async () => {
    const environment = {
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'the same',
      NOTARY_TARGETS_PASSPHRASE: 'the same',
    };
    await expect(ask({ environment }, existing(targets, 1))).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
    });
  });

  it('read a descriptor once and answer from it for every key', async () => {
    const descriptor = openSync(file('for all of them\nmore'), 'r');
    const passphrases = new Passphrases({ descriptor });
    const answers = await Promise.all(
      [targets, targets].map((key) => passphrases.passphrase(existing(key))),
    );
    answers[0]!.fill(0);
    expect(answers[1]!.toString()).toBe('for all of them');
    expect((await passphrases.passphrase(chosen(root))).toString()).toBe('for all of them');
    await passphrases.close();
    closeSync(descriptor);
  });

  it('name the file that cannot be read instead of trying another source', async () => {
    const missing = join(directory, 'missing');
    await expect(
      ask({ file: missing, terminal: user().terminal }, existing()),
    ).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
      message: expect.stringContaining(missing),
    });
  });

  it('must be good enough for a new key', async () => {
    const environment = { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'short' };
    await expect(ask({ environment }, chosen(root))).rejects.toMatchObject({
      code: 'PASSPHRASE_UNFIT',
      message: 'the passphrase in DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE is too short for a new key',
    });
    const old = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'short' };
    expect(await ask({ environment: old }, existing())).toBe('short');
  });

  it('missing altogether fail at once and name the variables', async () => {
    await expect(ask({}, existing())).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
      message:
        'no passphrase for the targets key 7a3d54e of registry.example.com/team/app, and no terminal to ask at',
      remedy: expect.stringContaining(
        'Set DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE or NOTARY_TARGETS_PASSPHRASE',
      ),
    });
    await expect(ask({}, chosen(root))).rejects.toMatchObject({
      remedy: expect.stringContaining(
        'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE or NOTARY_ROOT_PASSPHRASE',
      ),
    });
  });
});

describe('asking for the passphrase of an existing key', () => {
  it('names the key and its repository', async () => {
    const { terminal, seen } = user('secret');
    expect(await ask({ terminal }, existing())).toBe('secret');
    expect(seen).toEqual([
      'Passphrase for the targets key 7a3d54e of registry.example.com/team/app: ',
    ]);
  });

  it('leaves out what is not known', async () => {
    const { terminal, seen } = user('one', 'two');
    const passphrases = new Passphrases({ terminal });
    const unknown = { keyId: '', role: '', gun: undefined, isNew: false, attempt: 0 };
    await passphrases.passphrase(unknown);
    await passphrases.passphrase({ ...unknown, role: 'alice' });
    expect(seen).toEqual(['Passphrase for the key: ', 'Passphrase for the alice key: ']);
  });

  it('asks three times at most, and says that the answer was wrong', async () => {
    const { terminal, seen } = user('one', 'two', 'three');
    const passphrases = new Passphrases({ terminal });
    for (const attempt of [0, 1, 2]) await passphrases.passphrase(existing(targets, attempt));
    await expect(passphrases.passphrase(existing(targets, 3))).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
    });
    expect(seen.filter((line) => line.startsWith('Passphrase for'))).toHaveLength(3);
    expect(seen.filter((line) => line === 'That passphrase does not open the key.')).toHaveLength(
      2,
    );
  });

  it('asks once per key, and again once the answer proved wrong', async () => {
    const { terminal, seen } = user('for targets', 'for root', 'corrected');
    const passphrases = new Passphrases({ terminal });
    (await passphrases.passphrase(existing())).fill(0);
    expect((await passphrases.passphrase(existing())).toString()).toBe('for targets');
    expect((await passphrases.passphrase(existing(root))).toString()).toBe('for root');
    expect((await passphrases.passphrase(existing(targets, 1))).toString()).toBe('corrected');
    expect((await passphrases.passphrase(existing())).toString()).toBe('corrected');
    expect(seen.filter((line) => line.startsWith('Passphrase for'))).toHaveLength(3);
  });

  it('asks one question at a time and one for two who wait for the same key', async () => {
    const { terminal, seen } = user('for targets', 'for root');
    const passphrases = new Passphrases({ terminal });
    const answers = await Promise.all([
      passphrases.passphrase(existing()),
      passphrases.passphrase(existing(root)),
      passphrases.passphrase(existing()),
    ]);
    expect(answers.map(String)).toEqual(['for targets', 'for root', 'for targets']);
    expect(seen).toHaveLength(2);
  });

  it('asks again after the user gave up on another key', async () => {
    const { terminal } = user();
    const passphrases = new Passphrases({ terminal });
    await expect(passphrases.passphrase(existing())).rejects.toThrow('unexpected question');
    await expect(passphrases.passphrase(existing())).rejects.toThrow('unexpected question');
  });

  it('remembers nothing after it is closed, and gives the terminal back', async () => {
    const { terminal, seen, typed } = user('first', 'second');
    const passphrases = new Passphrases({ terminal });
    await passphrases.passphrase(existing());
    await passphrases.close();
    expect(seen.at(-1)).toBe('(closed)');
    expect((await passphrases.passphrase(existing())).toString()).toBe('second');
    expect(typed).toHaveLength(2);
  });
});

describe('asking for a new passphrase', () => {
  it('asks twice, tells the minimum and the strength', async () => {
    const { terminal, seen, typed } = user('correct horse battery', 'correct horse battery');
    expect(await ask({ terminal }, chosen())).toBe('correct horse battery');
    expect(seen).toEqual([
      'New passphrase for the targets key 7a3d54e of registry.example.com/team/app (at least 8 characters): ',
      'Strength: strong.',
      'The same passphrase again: ',
    ]);
    expect(typed[1]!.every((byte) => byte === 0)).toBe(true);
  });

  it('warns of a weak one and takes it', async () => {
    const { terminal, seen } = user('12345678', '12345678');
    expect(await ask({ terminal }, chosen())).toBe('12345678');
    expect(seen).toContain('Strength: weak. Whoever copies the key file can guess it.');
  });

  it('asks anew after one that is too short or differs, and wipes those', async () => {
    const { terminal, seen, typed } = user(
      'short',
      'long enough',
      'otherwise',
      'long enough',
      'long enough',
    );
    expect(await ask({ terminal }, chosen(root))).toBe('long enough');
    expect(seen).toContain(
      'Too short: at least 8 characters; a random one from a password manager is best.',
    );
    expect(seen).toContain('The two differ.');
    for (const index of [0, 1, 2, 4]) expect(typed[index]!.every((byte) => byte === 0)).toBe(true);
  });

  it('gives up after three', async () => {
    const { terminal } = user('a', 'b', 'c');
    await expect(ask({ terminal }, chosen())).rejects.toMatchObject({ code: 'PASSPHRASE_UNFIT' });
  });

  it('knows it for the key afterwards', async () => {
    const { terminal } = user('long enough', 'long enough');
    const passphrases = new Passphrases({ terminal });
    await passphrases.passphrase(chosen());
    expect((await passphrases.passphrase(existing())).toString()).toBe('long enough');
  });
});
