import { describe, expect, it } from 'vitest';
import { LocalServer } from '../../../test/client/local-server.ts';
import { gun } from '../../../test/client/publisher.ts';
import { takenVersion } from './taken-versions.ts';

describe('the highest version of a role on the server', () => {
  it.each([
    [0, 0, 1],
    [5, 5, 1],
    [1, 0, 3],
    [2, 0, 4],
    [37, 0, 12],
    [40, 37, 5],
    [1000, 0, 20],
    [999_999, 0, 42],
    [1_000_006, 7, 42],
  ])('%d, with %d known, is found in %d requests or fewer', async (newest, known, requests) => {
    const server = new LocalServer();
    let asked = 0;
    server.fetch = async (_gun, name) => {
      asked += 1;
      return 'version' in name && name.version <= newest ? Buffer.from('{}') : undefined;
    };
    expect(await takenVersion(gun, 'targets/a', known, server)).toBe(newest);
    expect(asked).toBeLessThanOrEqual(requests);
  });

  it.each([0, 7, 1_000_000])(
    'of a server that answers every version is refused, with %d known, before the version leaps',
    async (known) => {
      const server = new LocalServer();
      const asked: number[] = [];
      server.fetch = async (_gun, name) => {
        if ('version' in name) asked.push(name.version);
        return Buffer.from('{}');
      };
      await expect(takenVersion(gun, 'targets/a', known, server)).rejects.toMatchObject({
        code: 'VERSION_LEAP',
      });
      expect(asked.length).toBeLessThanOrEqual(25);
      expect(Math.max(...asked)).toBe(known + 1_000_000);
    },
  );
});
