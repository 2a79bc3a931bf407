import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { withServerHint } from './server-hint.ts';

const hint = /^DOCKER_CONTENT_TRUST_SERVER is not set/m;

describe('the hint that nobody has named the server', () => {
  it.each(['UNREACHABLE', 'NO_TRUST_DATA', 'FORBIDDEN'] as const)(
    'follows %s, which a wrong server explains',
    (code) => {
      const failure = new Failure(code, 'no', { facts: { a: 'b' }, meaning: 'm', remedy: 'r' });
      const hinted = withServerHint(failure);
      expect(hinted).toMatchObject({ code, message: 'no', facts: { a: 'b' }, meaning: 'm' });
      expect(hinted.remedy).toMatch(/^r\nDOCKER_CONTENT_TRUST_SERVER is not set/);
    },
  );

  it.each(['ROLLBACK', 'DISK', 'PASSPHRASE_WRONG', 'USAGE'] as const)(
    'does not follow %s',
    (code) => {
      const failure = new Failure(code, 'no');
      expect(withServerHint(failure, 'more')).toBe(failure);
    },
  );

  it('stands alone where there is no remedy', () => {
    const { remedy } = withServerHint(new Failure('UNREACHABLE', 'no', { remedy: '' }));
    expect(remedy).toMatch(hint);
    expect(remedy).not.toContain('\n');
  });

  it('comes before what a command adds', () => {
    const { remedy } = withServerHint(new Failure('UNREACHABLE', 'no', { remedy: 'r' }), 'more');
    expect(remedy.split('\n')).toEqual(['r', expect.stringMatching(hint), 'more']);
  });
});
