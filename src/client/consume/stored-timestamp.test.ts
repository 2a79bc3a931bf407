import { describe, expect, it } from 'vitest';
import { SimulatedServer } from '../../../test/client/simulated-server.ts';
import { newestStoredTimestamp } from './stored-timestamp.ts';

/** A server that has timestamps 1 to `newest`; `asked` are the versions asked for. */
function serverWith(newest: number) {
  const server = new SimulatedServer(undefined);
  const asked: number[] = [];
  server.interfere = (name) => {
    if (name.role !== 'timestamp' || !('version' in name))
      throw new Error('asked for another file');
    asked.push(name.version);
    return name.version <= newest ? Buffer.from(String(name.version)) : 'absent';
  };
  return { server, asked };
}

describe('the newest stored timestamp', () => {
  it('is found whatever its version, and none when nothing is above what is known', async () => {
    for (let newest = 0; newest <= 70; newest += 1) {
      for (const floor of [0, 1, newest - 1, newest, newest + 1].filter((n) => n >= 0)) {
        const found = await newestStoredTimestamp('a', serverWith(newest).server, floor);
        expect(found?.toString(), `${newest} above ${floor}`).toBe(
          floor < newest ? String(newest) : undefined,
        );
      }
    }
  });

  it('of a server that always has one more is VERSION_LEAP', async () => {
    const { server, asked } = serverWith(Number.POSITIVE_INFINITY);
    await expect(newestStoredTimestamp('a', server, 5)).rejects.toMatchObject({
      code: 'VERSION_LEAP',
    });
    expect(asked.length).toBeLessThan(25);
  });

  it('takes few requests even among many', async () => {
    const { server, asked } = serverWith(98_765);
    expect((await newestStoredTimestamp('a', server, 0))?.toString()).toBe('98765');
    expect(asked.length).toBeLessThan(40);
  });
});
