import { join, relative } from 'node:path';
import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../errors.ts';
import { repositoryPath } from './gun-path.ts';

const root = '/trust';

describe('the directory of a repository', () => {
  it('splits the name at slashes and keeps ports and case', () => {
    expect(repositoryPath(root, 'docker.io/library/alpine')).toBe(
      join(root, 'tuf', 'docker.io', 'library', 'alpine'),
    );
    expect(repositoryPath(root, 'a/metadata')).toBe(join(root, 'tuf', 'a', 'metadata'));
    expect(repositoryPath(root, 'localhost:5000/Team/App')).toBe(
      join(root, 'tuf', 'localhost:5000', 'Team', 'App'),
    );
  });

  it.each([
    ['nothing', ''],
    ['a parent directory', '../../etc'],
    ['a parent directory inside', 'a/../../b'],
    ['a current directory', 'a/./b'],
    ['an absolute path', '/etc/passwd'],
    ['an empty component', 'a//b'],
    ['a slash at the end', 'a/'],
    ['a NUL', 'a\0b'],
    ['a newline', 'a\nb'],
    ['an escape sequence', 'a\u001b[2Jb'],
    ['a C1 control character', 'a\u009bb'],
    ['a wildcard', 'a/*'],
    ['a backslash', 'a\\..\\b'],
    ['our own directory', 'a/.paraph/b'],
    ['a place among the delegations of another', 'a/metadata/targets'],
    ['a place below those', 'a/metadata/targets/b'],
    ['a metadata file of another', 'a/metadata/root.json'],
    ['a place below such a file', 'a/metadata/timestamp.json/b'],
    ['a staged change of another', 'a/changelist/99999999999999999999_x.change'],
    ['half a character', 'a\ud800'],
    ['256 bytes', 'é'.repeat(128)],
  ])('refuses %s', (_, gun) => {
    expect(() => repositoryPath(root, gun)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    );
  });

  it('shows a hostile name escaped', () => {
    for (const hidden of ['\u001b', '\u202e', '\u009b']) {
      expect(() => repositoryPath(root, `a${hidden}[31m/../b`)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(hidden) }),
      );
    }
  });

  it('never leaves the directory and never gives two names one path', () => {
    const names = string({ unit: constantFrom('a', 'B', '.', '/', '\\', ':', '*', '\0') });
    assert(
      property(names, names, (a, b) => {
        const [x, y] = [pathOf(a), pathOf(b)];
        if (x !== undefined) expect(relative(join(root, 'tuf'), x).split('/')[0]).not.toBe('..');
        if (a !== b && x !== undefined) expect(y).not.toBe(x);
      }),
    );
  });
});

function pathOf(gun: string): string | undefined {
  try {
    return repositoryPath(root, gun);
  } catch (error) {
    if (isFailure(error, 'REFERENCE_INVALID')) return undefined;
    throw error;
  }
}
