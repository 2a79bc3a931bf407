import { describe, expect, it } from 'vitest';
import {
  formatListenAddress,
  isLoopbackHost,
  parseListenAddress,
  reachOf,
} from './listen-address.ts';

describe('an address to listen on', () => {
  it.each([
    [':7899', { host: '', port: 7899 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['signer.internal:65535', { host: 'signer.internal', port: 65_535 }],
    ['[::1]:7899', { host: '::1', port: 7899 }],
    ['[::]:7899', { host: '::', port: 7899 }],
  ])('is read as Go reads it: %s', (text, address) => {
    expect(parseListenAddress(text, 's')).toEqual(address);
  });

  it.each([
    '',
    '7899',
    'host',
    'host:',
    'host:port',
    'host:65536',
    '::1:7899',
    'a:1:2',
    'h:-1',
    ' h:1 ',
  ])('is refused: %j', (text) => {
    const expected = expect.objectContaining({ code: 'CONFIG_INVALID' });
    expect(() => parseListenAddress(text, 's')).toThrow(expected);
  });

  it('is written with brackets where it needs them', () => {
    expect(formatListenAddress({ host: '::1', port: 1 })).toBe('[::1]:1');
    expect(formatListenAddress({ host: '127.0.0.1', port: 1 })).toBe('127.0.0.1:1');
  });
});

describe('the reach of a listener', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.8.9.10', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['localhost', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['fe80::1%eth0', 'private'],
    ['172.32.0.1', 'public'],
    ['8.8.8.8', 'public'],
    ['2001:db8::1', 'public'],
    ['::ffff:8.8.8.8', 'public'],
  ])('on %s is %s', async (host, reach) => {
    expect(await reachOf(host, () => [])).toBe(reach);
  });

  it.each(['', '0.0.0.0', '::'])(
    'on every address (%j) is that of the machine, at least private',
    async (host) => {
      expect(await reachOf(host, () => ['127.0.0.1', '::1'])).toBe('private');
      expect(await reachOf(host, () => ['127.0.0.1', '10.0.0.1'])).toBe('private');
      expect(await reachOf(host, () => ['10.0.0.1', '8.8.8.8'])).toBe('public');
    },
  );

  it('cannot be told for a name that does not resolve', async () => {
    await expect(reachOf('no-such-host.invalid')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a host as it is written', () => {
  it.each(['localhost', 'LocalHost', '127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])(
    'is this machine: %s',
    (host) => expect(isLoopbackHost(host)).toBe(true),
  );

  it.each([
    '127.evil.com',
    '127.0.0.1.evil.com',
    'localhost.evil.com',
    '0.0.0.0',
    '',
    '::',
    '10.0.0.1',
  ])('may be another machine: %j', (host) => expect(isLoopbackHost(host)).toBe(false));
});
