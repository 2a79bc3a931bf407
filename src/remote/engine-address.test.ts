import { describe, expect, it } from 'vitest';
import { parseEngineAddress } from './engine-address.ts';

const plain = { isTls: false };
const tls = { isTls: true };

describe('an address of an engine', () => {
  // What docker 28.2.2 says it cannot connect to, for the same DOCKER_HOST.
  it.each([
    ['', 'unix:///var/run/docker.sock'],
    ['unix://', 'unix:///var/run/docker.sock'],
    ['unix:///nowhere.sock', 'unix:///nowhere.sock'],
    ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:1'],
    ['tcp://127.0.0.1', 'tcp://127.0.0.1:2375'],
    ['127.0.0.1:1', 'tcp://127.0.0.1:1'],
    ['tcp://', 'tcp://localhost:2375'],
    [':1', 'tcp://localhost:1'],
    ['tcp://127.0.0.1:1/path', 'tcp://127.0.0.1:1/path'],
    ['tcp://[::1]:5', 'tcp://[::1]:5'],
    ['tcp://[::1]', 'tcp://[::1]:2375'],
    ['tcp://engine:80', 'tcp://engine:80'],
  ])('%j is %s', (text, shown) => {
    expect(parseEngineAddress(text, plain).shown).toBe(shown);
  });

  it('has the port for TLS where TLS is spoken', () => {
    expect(parseEngineAddress('', tls)).toMatchObject({ shown: 'tcp://localhost:2376' });
    expect(parseEngineAddress('tcp://engine', tls)).toMatchObject({
      kind: 'tcp',
      url: new URL('https://engine:2376'),
    });
    expect(parseEngineAddress('tcp://engine:443', tls).shown).toBe('tcp://engine:443');
  });

  it.each([
    ['http://127.0.0.1:1', 'invalid bind address format: http://127.0.0.1:1'],
    ['foo://x', 'invalid bind address format: foo://x'],
    ['fd://', 'invalid bind address format: fd://'],
    ['npipe:////./pipe/docker_engine', 'protocol not available'],
    ['tcp://a b', 'invalid bind address format'],
    [`unix:///${'x'.repeat(120)}`, 'is not the path of a socket'],
    ['unix:///a\0b', 'is not the path of a socket'],
  ])('%j is refused', (text, words) => {
    expect(() => parseEngineAddress(text, plain)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) }),
    );
  });

  it('behind ssh is refused with a way that works', () => {
    expect(() => parseEngineAddress('ssh://root@build.example.com', plain)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        remedy: expect.stringContaining(
          'ssh -fnNT -L /tmp/docker.sock:/var/run/docker.sock root@build.example.com',
        ),
      }),
    );
  });

  it('with a login in it is refused without repeating the login', () => {
    expect(() => parseEngineAddress('tcp://user:secret@engine:1', plain)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.not.stringContaining('secret'),
      }),
    );
  });
});
