import { describe, expect, it } from 'vitest';
import { repositoryNameFault } from './repository-name.ts';

describe('the name of a repository', () => {
  it.each(['docker.io/library/alpine', 'localhost:5000/Team/App', '[::1]:5000/x', 'a..b/...', 'é'])(
    'may be %s',
    (gun) => expect(repositoryNameFault(gun)).toBeUndefined(),
  );

  it.each([
    ['', 'is empty'],
    ['é'.repeat(128), 'is longer than 255 bytes'],
    ['a\ud800', 'is not valid Unicode'],
    ['a\0b', 'has a control character'],
    ['a\u009bb', 'has a control character'],
    ['a\u202eb', 'has a control character'],
    ['a b', 'has white space'],
    ['a\u00a0b', 'has white space'],
    ['a?b', 'has a "?"'],
    ['a#b', 'has a "#"'],
    ['a%2fb', 'has a "%"'],
    ['a/*', 'has a "*"'],
    ['a\\..\\b', 'has a backslash'],
    ['/a', 'has an empty component, or begins or ends with "/"'],
    ['a//b', 'has an empty component, or begins or ends with "/"'],
    ['a/../b', 'has a "." or ".." component'],
    ['./a', 'has a "." or ".." component'],
  ])('is not %j', (gun, fault) => expect(repositoryNameFault(gun)).toBe(fault));
});
