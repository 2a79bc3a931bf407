import { describe, expect, it } from 'vitest';
import { Failure } from '../../errors.ts';
import { failureJson, failureText } from './failure.ts';

const gun = 'registry.example.com/team/app';

describe('an error for people', () => {
  it('reads as the model does: what, facts, meaning, remedy, the words of Go', () => {
    const failure = new Failure('ROOT_CHANGED', 'the root of trust changed', {
      cause: new Failure('ROOT_CHANGED', 'could not rotate trust to a new trusted root'),
      facts: {
        trusted: '1f54328  since 2024-03-02, first use',
        offered: '9ac07e1  root version 1, certificate made 2026-11-20',
      },
      meaning:
        'The publisher lost the root key and started again, or the repository was deleted and made anew, or someone ' +
        "else answers in the publisher's name. Nothing was changed here. notary and docker say: could not validate " +
        'the path to a trusted root: failed to validate data with current trusted certificates',
      remedy: `Ask the publisher for the new root ID by another way, then:\n  paraph trust accept ${gun} --root 9ac07e1`,
    });
    expect(failureText(failure, gun)).toBe(
      [
        'error: registry.example.com/team/app: the root of trust changed [ROOT_CHANGED]',
        '  trusted   1f54328  since 2024-03-02, first use',
        '  offered   9ac07e1  root version 1, certificate made 2026-11-20',
        '  The publisher lost the root key and started again, or the repository was deleted and made anew, or someone',
        "  else answers in the publisher's name. Nothing was changed here.",
        '  Ask the publisher for the new root ID by another way, then:',
        '    paraph trust accept registry.example.com/team/app --root 9ac07e1',
        '  notary and docker say: could not validate the path to a trusted root: failed to validate data with current',
        '  trusted certificates',
        '',
      ].join('\n'),
    );
  });

  it('names what was worked on once, also when the message does', () => {
    const failure = new Failure('NO_TRUST_DATA', `nothing is signed in ${gun}`);
    expect(failureText(failure, gun).split('\n')[0]).toBe(
      `error: nothing is signed in ${gun} [NO_TRUST_DATA]`,
    );
  });

  it('aligns facts whatever their labels', () => {
    const failure = new Failure('DISK', 'x', { facts: { 'a long label': '1', b: '2' } });
    expect(failureText(failure)).toContain('  a long label  1\n  b             2\n');
  });

  it('shows causes that add something, one line each, and no others', () => {
    const cause = new Error('reading: EIO: i/o error', { cause: new Error('EIO: i/o error') });
    const text = failureText(new Failure('DISK', 'the cache cannot be read', { cause }));
    expect(text.match(/ {2}cause: .*/g)).toEqual(['  cause: reading: EIO: i/o error']);
    const quoted = new Failure('DISK', 'it failed: EIO', { cause: new Error('EIO') });
    expect(failureText(quoted)).not.toContain('cause:');
  });

  it('leaves out what OpenSSL says', () => {
    for (const words of [
      'error:1C800064:Provider routines::bad decrypt',
      '80:error:1C800064:x\n',
    ]) {
      const failure = new Failure('PASSPHRASE_WRONG', 'wrong', { cause: new Error(words) });
      expect(failureText(failure)).not.toContain('1C800064');
    }
  });

  it('takes no terminal at its word that says it has no width', () => {
    const failure = new Failure('DISK', 'x', { meaning: 'two words' });
    expect(failureText(failure, undefined, { width: 0 })).toContain('  two words\n');
  });

  it('does not hang on causes that go in circles', () => {
    const ring = new Error('around');
    ring.cause = new Error('and around', { cause: ring });
    const text = failureText(new Failure('INTERNAL', 'x', { cause: ring }));
    expect(text.match(/cause:/g)?.length).toBeLessThanOrEqual(4);
  });

  it('escapes what strangers wrote, wherever it stands', () => {
    const evil = 'x\u001b[2J\u202e\nerror: all is well [DONE]';
    const failure = new Failure('SERVER_ERROR', `the server said ${evil}`, {
      cause: new Error(evil),
      facts: { [evil]: evil },
      meaning: evil,
      remedy: evil,
    });
    const text = failureText(failure, evil);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    expect(text.split('\n').filter((line) => line.startsWith('error:'))).toHaveLength(1);
    expect(JSON.stringify(failureJson(failure))).toContain('\\u001b');
  });

  it('fits a narrow terminal, but never cuts a command', () => {
    const remedy = `Run this:\n  paraph inspect ${gun} --trust-dir /a/long/path/to/another/place`;
    const text = failureText(
      new Failure('ROLLBACK', 'x', { remedy, meaning: 'word '.repeat(40) }),
      gun,
      {
        width: 60,
      },
    );
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 60)).toEqual([
      `    paraph inspect ${gun} --trust-dir /a/long/path/to/another/place`,
    ]);
  });
});

describe('an error for programs', () => {
  it('has stable keys', () => {
    const failure = new Failure('UNREACHABLE', 'no answer', {
      cause: new Error('connect ECONNREFUSED'),
      facts: { url: 'https://localhost:1' },
    });
    expect(failureJson(failure, gun)).toEqual({
      code: 'UNREACHABLE',
      exit: 6,
      subject: gun,
      message: 'no answer',
      facts: { url: 'https://localhost:1' },
      remedy: 'Check the address and the network.',
      causes: ['connect ECONNREFUSED'],
    });
  });
});
