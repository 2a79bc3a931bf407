import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../errors.ts';
import { isDigest, isTag, parseReference, sha256DigitsOf } from './reference.ts';

const sha256 = `sha256:${'f'.repeat(64)}`;
const refused = expect.objectContaining({ code: 'REFERENCE_INVALID' });

describe('a short name', () => {
  it.each([
    ['ubuntu', 'docker.io/library/ubuntu'],
    ['docker.io/ubuntu', 'docker.io/library/ubuntu'],
    ['index.docker.io/ubuntu', 'docker.io/library/ubuntu'],
    ['library/ubuntu', 'docker.io/library/ubuntu'],
    ['index.docker.io/library/ubuntu', 'docker.io/library/ubuntu'],
    ['fooo/bar', 'docker.io/fooo/bar'],
    ['index.docker.io/fooo/bar', 'docker.io/fooo/bar'],
    ['docker.io/library/foo/bar', 'docker.io/library/foo/bar'],
    ['test_com/foo', 'docker.io/test_com/foo'],
    ['192.168.0.1', 'docker.io/library/192.168.0.1'],
    ['test.com', 'docker.io/library/test.com'],
    ['localhost', 'docker.io/library/localhost'],
    ['jess/t', 'docker.io/jess/t'],
    ['dock__er/docker', 'docker.io/dock__er/docker'],
    ['docker---rules/docker', 'docker.io/docker---rules/docker'],
  ])('%s is %s', (text, name) => {
    expect(parseReference(text).name).toBe(name);
  });
});

describe('a name with a registry', () => {
  it.each([
    ['localhost/x', 'localhost', 'x'],
    ['localhost:5000/x/y', 'localhost:5000', 'x/y'],
    ['test.com/foo', 'test.com', 'foo'],
    ['test:8080/foo', 'test:8080', 'foo'],
    ['test-com:8080/foo', 'test-com:8080', 'foo'],
    ['xn--n3h.com:18080/foo', 'xn--n3h.com:18080', 'foo'],
    ['127.0.0.1:5000/docker/docker', '127.0.0.1:5000', 'docker/docker'],
    ['[2001:db8::1]:5000/repo', '[2001:db8::1]:5000', 'repo'],
    ['[fc00::1]/repo', '[fc00::1]', 'repo'],
    ['FOO/bar', 'FOO', 'bar'],
    ['Docker.example.com/bar', 'Docker.example.com', 'bar'],
    [
      'example.com/1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a',
      'example.com',
      '1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a',
    ],
  ])('%s keeps it as written', (text, domain, path) => {
    expect(parseReference(text)).toEqual({ domain, path, name: `${domain}/${path}` });
  });
});

describe('tag and digest', () => {
  it.each([
    ['test.com/repo:tag', 'tag', undefined],
    ['test:5000/repo:tag', 'tag', undefined],
    ['test.com:5000', '5000', undefined],
    ['lowercase:Uppercase', 'Uppercase', undefined],
    ['x:__proto__', '__proto__', undefined],
    ['x:_.-', '_.-', undefined],
    [`x:${'t'.repeat(128)}`, 't'.repeat(128), undefined],
    [`test:5000/repo@${sha256}`, undefined, sha256],
    [`test:5000/repo:tag@${sha256}`, 'tag', sha256],
    [`x@sha512:${'a'.repeat(128)}`, undefined, `sha512:${'a'.repeat(128)}`],
    [`x@sha384:${'a'.repeat(96)}`, undefined, `sha384:${'a'.repeat(96)}`],
    ['repo', undefined, undefined],
  ])('of %s are %s and %s', (text, tag, digest) => {
    const reference = parseReference(text);
    expect([reference.tag, reference.digest]).toEqual([tag, digest]);
  });
});

it.each([
  '',
  ' ',
  ':justtag',
  `@${sha256}`,
  'f'.repeat(64),
  'repo@sha256:ffffffffffffffffffffffffffffffffff',
  `repo@sha256:${'F'.repeat(64)}`,
  `validname@invaliddigest:${'f'.repeat(128)}`,
  `repo@${sha256}x`,
  `repo@${sha256}@${sha256}`,
  'Uppercase:tag',
  'test:5000/Uppercase/lowercase:tag',
  'docker/Docker',
  'aa/asdf$$^/aa',
  '-docker',
  '-docker/docker',
  'docker-/docker',
  '-docker.io/docker/docker',
  'docker///docker',
  'docker/',
  '/docker',
  'docker.io/',
  '____/____',
  '_docker/_docker',
  'dock..er/docker',
  'dock_.er/docker',
  'dock-.er/docker',
  'dock___er/docker',
  'https://github.com/docker/docker',
  '[2001:db8::1]',
  '[2001:db8::1]:tag',
  'fc00::1:5000/debian',
  '[fe80::1%eth0]:5000/debian',
  '[2001:db8:3:4::192.0.2.33]:5000/debian',
  'repo:',
  'repo:-tag',
  'repo:a b',
  `repo:${'t'.repeat(129)}`,
  'repo:tag\n',
  'repo\u0000',
  'répo',
  '../x',
  'x/../y',
  `${'a/'.repeat(129)}a:tag`,
  `x${'/x'.repeat(600)}`,
])('%j is refused', (text) => {
  expect(() => parseReference(text)).toThrow(refused);
});

it('a name of 255 characters is the longest', () => {
  expect(parseReference(`a.b/${'a'.repeat(255)}`).path).toHaveLength(255);
  expect(() => parseReference(`a.b/${'a'.repeat(256)}`)).toThrow(refused);
});

describe('what is wrong is said', () => {
  it.each([
    ['https://registry.example.com/x', 'leave out what stands before the host'],
    ['f'.repeat(64), 'ID of an image'],
    ['team/App', 'capital letters'],
    ['team/app:a+b', 'tag that cannot be one'],
    ['team/app@sha256:12', 'digest that is none'],
    ['team//app', 'not of the form'],
  ])('%s: %s', (text, words) => {
    expect(() => parseReference(text)).toThrow(words);
  });

  it('without control characters', () => {
    expect(() => parseReference('a\u001b[2Jb')).not.toThrow('\u001b');
  });
});

it('what comes out is parsed to itself again, whatever went in', () => {
  const piece = string({
    unit: constantFrom('a', 'Z', '0', '.', ':', '-', '_', '/', '@', '[', ']'),
    maxLength: 30,
  });
  assert(
    property(piece, (text) => {
      try {
        const reference = parseReference(text);
        const { name, tag } = reference;
        expect(parseReference(tag === undefined ? name : `${name}:${tag}`)).toEqual(reference);
      } catch (error) {
        if (!isFailure(error, 'REFERENCE_INVALID')) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});

// What would take exponential time never ends; the bound is for a busy machine.
it('is read in bounded time, whatever it is', { timeout: 20_000 }, () => {
  for (const text of [
    'a-'.repeat(500),
    `${'a'.repeat(1000)}!/x`,
    `a/${'a_'.repeat(500)}`,
    'a.'.repeat(500),
  ]) {
    expect(() => parseReference(text)).toThrow(refused);
  }
});

it.each([
  [sha256, true],
  ['sha256:', false],
  [`SHA256:${'f'.repeat(64)}`, false],
  [`md5:${'f'.repeat(32)}`, false],
  [`${sha256}\n`, false],
])('%j is a digest: %s', (text, expected) => {
  expect(isDigest(text)).toBe(expected);
});

it.each([
  [sha256, 'f'.repeat(64)],
  [`${sha256}0`, undefined],
  [`${sha256}\n`, undefined],
  [`sha512:${'f'.repeat(128)}`, undefined],
])('%j has the sha256 digits %j', (text, digits) => {
  expect(sha256DigitsOf(text)).toBe(digits);
});

it.each([
  ['v1.0_a-B', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['', false],
  ['.x', false],
  ['-x', false],
  ['a/b', false],
  ['a\n', false],
])('%j is a tag: %s', (text, expected) => {
  expect(isTag(text)).toBe(expected);
});
