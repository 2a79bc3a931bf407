// What notary 0.7.0 and docker 28.2.2 printed at a terminal, and how often they asked; taken down from both.
import { describe, expect, it } from 'vitest';
import type { PassphraseRequest } from './key-store.ts';
import { type PassphraseOptions, Passphrases } from './passphrase.ts';
import { dockerVoice, notaryVoice, paraphVoice } from './passphrase-voice.ts';
import type { Terminal } from './terminal-prompt.ts';

const idOf = (start: string) => start.padEnd(64, '0');
type Key = Pick<PassphraseRequest, 'keyId' | 'role' | 'gun'>;
const root: Key = { keyId: idOf('ed70b6b'), role: 'root', gun: undefined };
const alice: Key = { keyId: idOf('b63572f'), role: 'targets/alice', gun: undefined };
const targets: Key = { keyId: idOf('7a3d54e'), role: 'targets', gun: 'example.com/app' };
const snapshot: Key = { keyId: idOf('3c01aa9'), role: 'snapshot', gun: 'example.com/app' };
const fromFile = (role: string): Key => ({ keyId: '', role, gun: undefined });

const existing = (key: Key, attempt = 0) => ({ ...key, isNew: false, attempt });
const chosen = (key: Key) => ({ ...key, isNew: true, attempt: 0 });
const change = (key: Key) => ({ ...chosen(key), isChange: true });

/** Answers the questions in turn and keeps the screen: what was asked with its line end, and what was told. */
function person(...answers: readonly string[]) {
  const left = [...answers];
  let screen = '';
  const terminal: Terminal = {
    ask: async (question) => {
      screen += `${question}\n`;
      const answer = left.shift();
      if (answer === undefined) throw new Error(`nobody expected: ${question}`);
      return Buffer.from(answer);
    },
    tell: (line) => void (screen += `${line}\n`),
    close: () => undefined,
  };
  return { terminal, screen: () => screen, left };
}

const ask = async (options: PassphraseOptions, request: PassphraseRequest) =>
  (await new Passphrases(options).passphrase(request)).toString();

const rootWarning = `You are about to create a new root signing key passphrase. This passphrase
will be used to protect the most sensitive key in your signing system. Please
choose a long, complex passphrase and be careful to keep the password and the
key file itself secure and backed up. It is highly recommended that you use a
password manager to generate the passphrase and keep it safe. There will be no
way to recover this key. You can find the key in your config directory.
`;

describe.each([
  ['notary', notaryVoice],
  ['docker', dockerVoice],
])('the words of %s', (_name, voice) => {
  it('for a new root key: warned, too short, not the same, chosen', async () => {
    const user = person('short', 'longenough1', 'different1', 'longenough1', 'longenough1');
    expect(await ask({ voice, terminal: user.terminal }, chosen(root))).toBe('longenough1');
    expect(user.screen()).toBe(`${rootWarning}Enter passphrase for new root key with ID ed70b6b: 
Passphrase is too short. Please use a password manager to generate and store a good random passphrase.
Enter passphrase for new root key with ID ed70b6b: 
Repeat passphrase for new root key with ID ed70b6b: 
Passphrases do not match. Please retry.
Enter passphrase for new root key with ID ed70b6b: 
Repeat passphrase for new root key with ID ed70b6b: 
`);
  });

  it('warn of a root key once, and of no other key', async () => {
    const passphrase = 'longenough1';
    const user = person(...Array.from({ length: 4 }, () => passphrase));
    const passphrases = new Passphrases({ voice, terminal: user.terminal });
    await passphrases.passphrase(chosen(root));
    await passphrases.passphrase(chosen({ ...root, keyId: idOf('1111111') }));
    await passphrases.passphrase(chosen(alice));
    expect(user.screen().split('You are about')).toHaveLength(2);
    const other = person(passphrase, passphrase);
    await ask({ voice, terminal: other.terminal }, chosen(alice));
    expect(other.screen()).toBe(`Enter passphrase for new targets/alice key with ID b63572f: 
Repeat passphrase for new targets/alice key with ID b63572f: 
`);
  });

  it('ask four times for an existing key and give up in the words of Go', async () => {
    const user = person('wrong1', 'wrong2', 'wrong3', 'wrong4');
    const passphrases = new Passphrases({ voice, terminal: user.terminal });
    for (const attempt of [0, 1, 2, 3]) await passphrases.passphrase(existing(alice, attempt));
    await expect(passphrases.passphrase(existing(alice, 4))).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
      message: 'password invalid, operation has failed.',
    });
    expect(user.screen()).toBe(`Enter passphrase for targets/alice key with ID b63572f: 
Passphrase incorrect. Please retry.
Enter passphrase for targets/alice key with ID b63572f: 
Passphrase incorrect. Please retry.
Enter passphrase for targets/alice key with ID b63572f: 
Passphrase incorrect. Please retry.
Enter passphrase for targets/alice key with ID b63572f: 
`);
  });

  it('ask twelve times for a new one and give up in the words of Go', async () => {
    const user = person(...'abcdefghijklm'.split(''));
    await expect(
      ask({ voice, terminal: user.terminal }, chosen({ ...alice, role: 'foo' })),
    ).rejects.toMatchObject({
      code: 'PASSPHRASE_UNFIT',
      message: 'maximum number of passphrase attempts exceeded',
    });
    expect(user.left).toEqual(['m']);
    expect(user.screen()).toBe(
      `Enter passphrase for new foo key with ID b63572f: 
Passphrase is too short. Please use a password manager to generate and store a good random passphrase.
`.repeat(12),
    );
  });

  it('count bytes, not characters', async () => {
    const user = person('ééé', 'éééé', 'éééé');
    expect(await ask({ voice, terminal: user.terminal }, chosen(alice))).toBe('éééé');
  });

  it('let one answer serve every key of its role, new ones too', async () => {
    const user = person('for targets', 'for root');
    const passphrases = new Passphrases({ voice, terminal: user.terminal });
    const other = { ...targets, keyId: idOf('9999999'), gun: 'example.com/other' };
    for (const request of [existing(targets), existing(other), chosen(other)]) {
      expect(String(await passphrases.passphrase(request))).toBe('for targets');
    }
    expect(String(await passphrases.passphrase(existing(root)))).toBe('for root');
  });

  it('fall to a question when the answer from before does not open the next key', async () => {
    const user = person('for the first', 'for the second');
    const passphrases = new Passphrases({ voice, terminal: user.terminal });
    const second = { ...alice, keyId: idOf('9999999') };
    await passphrases.passphrase(existing(alice));
    expect(String(await passphrases.passphrase(existing(second)))).toBe('for the first');
    expect(String(await passphrases.passphrase(existing(second, 1)))).toBe('for the second');
    expect(user.screen()).toBe(`Enter passphrase for targets/alice key with ID b63572f: 
Passphrase incorrect. Please retry.
Enter passphrase for targets/alice key with ID 9999999: 
`);
  });

  it('forget the answers when they are closed', async () => {
    const user = person('first', 'second');
    const passphrases = new Passphrases({ voice, terminal: user.terminal });
    await passphrases.passphrase(existing(alice));
    await passphrases.close();
    expect(String(await passphrases.passphrase(existing(alice)))).toBe('second');
  });

  it('never let what opens a key become its new passphrase by itself', async () => {
    const user = person('old passphrase', 'new passphrase', 'new passphrase');
    const passphrases = new Passphrases({ voice, terminal: user.terminal });
    await passphrases.passphrase(existing(alice));
    expect(String(await passphrases.passphrase(change(alice)))).toBe('new passphrase');
    expect(String(await passphrases.passphrase(existing(alice)))).toBe('new passphrase');
    const [variable] = voice.variablesFor(alice.role);
    const environment = { [variable!]: 'old passphrase' };
    await expect(ask({ voice, environment }, change(alice))).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
    });
    const asked = person('new passphrase', 'new passphrase');
    const options = { voice, environment, terminal: asked.terminal };
    expect(await ask(options, change(alice))).toBe('new passphrase');
  });

  it('take a variable of any length for a new key, as Go does', async () => {
    const [variable] = voice.variablesFor('root');
    expect(await ask({ voice, environment: { [variable!]: 'a' } }, chosen(root))).toBe('a');
  });

  it('never prompt when the variable is wrong', async () => {
    const user = person('right');
    const [variable] = voice.variablesFor('root');
    const options = { voice, environment: { [variable!]: 'wrong' }, terminal: user.terminal };
    await expect(ask(options, existing(root, 1))).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
      message: 'password invalid, operation has failed.',
    });
    expect(user.screen()).toBe('');
  });

  it('say the same as Go where there is nobody to ask, and the remedy as well', async () => {
    await expect(ask({ voice }, chosen(root))).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
      message: 'maximum number of passphrase attempts exceeded',
    });
    await expect(ask({ voice }, existing(root))).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
      message: 'password invalid, operation has failed.',
      remedy: expect.stringContaining(voice.variablesFor('root')[0]!),
    });
  });
});

describe('the names of keys', () => {
  const question = (voice: typeof notaryVoice, key: Key) => voice.question(existing(key));

  it('are their roles in notary', () => {
    expect([targets, snapshot, alice].map((key) => question(notaryVoice, key))).toEqual([
      'Enter passphrase for targets key with ID 7a3d54e: ',
      'Enter passphrase for snapshot key with ID 3c01aa9: ',
      'Enter passphrase for targets/alice key with ID b63572f: ',
    ]);
    expect(question(notaryVoice, fromFile('root'))).toBe('Enter passphrase for root key: ');
    // `key generate -o` says no role.
    expect(notaryVoice.newQuestion(chosen({ ...alice, role: '' }))).toBe(
      'Enter passphrase for new  key with ID b63572f: ',
    );
  });

  it('are "repository" in docker for targets and snapshot, and "encrypted" for a file', () => {
    const bob = { ...alice, role: 'bob' };
    expect([root, targets, snapshot, bob].map((key) => question(dockerVoice, key))).toEqual([
      'Enter passphrase for root key with ID ed70b6b: ',
      'Enter passphrase for repository key with ID 7a3d54e: ',
      'Enter passphrase for repository key with ID 3c01aa9: ',
      'Enter passphrase for bob key with ID b63572f: ',
    ]);
    expect(question(dockerVoice, fromFile('signer'))).toBe('Enter passphrase for encrypted key: ');
    expect(dockerVoice.repeat(chosen(targets))).toBe(
      'Repeat passphrase for new repository key with ID 7a3d54e: ',
    );
  });

  it('do not share an answer in docker when only the shown name is the same', async () => {
    const user = person('one', 'two', 'three');
    const passphrases = new Passphrases({ voice: dockerVoice, terminal: user.terminal });
    await passphrases.passphrase(existing(targets));
    expect(String(await passphrases.passphrase(existing(snapshot)))).toBe('two');
    expect(String(await passphrases.passphrase(existing(fromFile('snapshot'))))).toBe('three');
  });
});

describe('variables', () => {
  it.each([
    ['root', ['NOTARY_ROOT_PASSPHRASE'], ['DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE']],
    ['targets', ['NOTARY_TARGETS_PASSPHRASE'], ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE']],
    ['snapshot', ['NOTARY_SNAPSHOT_PASSPHRASE'], ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE']],
    ['timestamp', [], ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE']],
    ['alice', ['NOTARY_DELEGATION_PASSPHRASE'], ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE']],
    ['', ['NOTARY_DELEGATION_PASSPHRASE'], ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE']],
  ])('of notary and of docker for a key of "%s"', (role, ofNotary, ofDocker) => {
    expect(notaryVoice.variablesFor(role)).toEqual(ofNotary);
    expect(dockerVoice.variablesFor(role)).toEqual(ofDocker);
    expect(paraphVoice.variablesFor(role)).toEqual([...ofDocker, ...ofNotary]);
  });

  it('of one grammar do not answer in the other', async () => {
    const environment = { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'for docker' };
    await expect(ask({ voice: notaryVoice, environment }, existing(root))).rejects.toMatchObject({
      code: 'PASSPHRASE_MISSING',
    });
  });
});
