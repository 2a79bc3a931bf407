import { describe, expect, it } from 'vitest';
import { pingUrl, repositoryUrl, trustServerFor, trustServerUrl } from './trust-server-address.ts';

describe('the trust server of a registry', () => {
  it.each([
    ['docker.io', undefined, 'https://notary.docker.io/'],
    ['docker.io', '', 'https://notary.docker.io/'],
    ['docker.io', 'https://mine.example.com:4443', 'https://mine.example.com:4443/'],
    ['registry.example.com', undefined, 'https://registry.example.com/'],
    ['registry.example.com:5000', undefined, 'https://registry.example.com:5000/'],
    ['[::1]:5000', undefined, 'https://[::1]:5000/'],
    ['localhost:5000', 'https://trust.example.com/a/b/', 'https://trust.example.com/a/b'],
  ])('%s with %j is %s', (domain, configured, expected) => {
    expect(trustServerFor(domain, configured).href).toBe(expected);
  });

  it('may be reached by http on this machine, where that is allowed', () => {
    expect(trustServerUrl('http://localhost:4443/a', true).href).toBe('http://localhost:4443/a');
    expect(() => trustServerUrl('http://localhost:4443')).toThrow('valid https URL required');
    expect(() => trustServerUrl('http://localhost.example.com', true)).toThrow('valid https URL');
  });

  it.each([
    'http://trust.example.com',
    'trust.example.com:4443',
    'ftp://trust.example.com',
    'https://',
    'https://trust.example.com/?a=b',
    'https://trust.example.com/#a',
    '\u001b[2J',
  ])('is refused when it is not a plain https address: %j', (text) => {
    expect(() => trustServerUrl(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => trustServerUrl(text)).toThrow('valid https URL required for trust server, got ');
    expect(() => trustServerUrl(text)).not.toThrow('\u001b');
  });

  it.each([
    'https://user:geheim@trust.example.com',
    'https://:geheim@trust.example.com',
    'http://user:geheim@trust.example.com',
    'user:geheim@trust.example.com',
    'https://user:geheim@trust.example.com:port',
    'https://trust.example.com/?token=geheim',
    'https://trust.example.com/#geheim',
    'trust.example.com?token=geheim',
  ])('is refused with what may be a secret in it, which is not repeated: %j', (text) => {
    expect(() => trustServerUrl(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'valid https URL required for trust server, got what is configured',
      }),
    );
  });
});

it('a path of the server is kept before everything', () => {
  const base = trustServerUrl('https://trust.example.com/a//');
  expect(pingUrl(base).href).toBe('https://trust.example.com/a/v2/');
  expect(repositoryUrl(base, 'docker.io/library/x').href).toBe(
    'https://trust.example.com/a/v2/docker.io/library/x/_trust/tuf/',
  );
});
