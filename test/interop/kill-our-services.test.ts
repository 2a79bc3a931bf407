// Server and signer are killed while somebody publishes, at another moment each time. Whatever was
// confirmed is there afterwards, nothing is half there, and the next publish goes through.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { newPerson, type Person } from '../peers/person.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices, type TrustServices } from '../peers/trust-services.ts';

const scratch = useScratch();
const gun = 'registry.test/team/killed';
/** Delays between the start of a publish and the kill; a publish takes about 50 ms. */
const killDelaysMs = [5, 12, 18, 24, 30, 36, 42, 48, 60, 80];

describe('killed while somebody publishes', () => {
  let services: TrustServices;
  let owner: Person;
  let confirmed: readonly string[] = [];

  const person = (name: string): Promise<Person> =>
    newPerson(scratch, name, { trustServer: services.url, caFile: services.caFile });

  /** Publishes `tag`; true when notary said that it is published. */
  async function publish(tag: string): Promise<boolean> {
    const file = await owner.file(tag, `content of ${tag}`);
    await owner.notary(['reset', gun, '--all']);
    return (await owner.notary(['add', gun, tag, file, '-p'])).status === 0;
  }

  async function tagsSeenBy(reader: Person): Promise<readonly string[]> {
    const { status, stdout } = await reader.notary(['list', gun]);
    expect(status, stdout).toBe(0);
    return [...stdout.matchAll(/^(\S+) +[0-9a-f]{64} /gm)].map((match) => match[1]!);
  }

  beforeAll(async () => {
    services = await startTrustServices(scratch, {
      server: 'paraph-server',
      signer: 'paraph-signer',
    });
    owner = await person('owner');
    expect(await owner.notary(['init', gun, '-p'])).toMatchObject({ status: 0 });
    expect(await owner.notary(['key', 'rotate', gun, 'snapshot', '-r'])).toMatchObject({
      status: 0,
    });
    expect(await publish('first')).toBe(true);
    confirmed = ['first'];
  });

  it.each(killDelaysMs)('after %i ms: nothing confirmed is lost', async (delayMs) => {
    const tag = `tag-${delayMs}`;
    const publishing = publish(tag);
    await sleep(delayMs);
    await services.restart('SIGKILL');
    if (await publishing) confirmed = [...confirmed, tag];
    const seen = await tagsSeenBy(await person(`newcomer-${delayMs}`));
    expect(seen).toEqual(expect.arrayContaining([...confirmed]));
    expect([...confirmed, tag]).toEqual(expect.arrayContaining([...seen]));
    confirmed = seen;
    expect(await publish(`${tag}-again`)).toBe(true);
    confirmed = [...confirmed, `${tag}-again`];
  });

  it('a reader who saw every state follows', async () => {
    const reader = await person('reader');
    expect((await tagsSeenBy(reader)).toSorted()).toEqual(confirmed.toSorted());
    await services.restart('SIGKILL');
    expect((await tagsSeenBy(reader)).toSorted()).toEqual(confirmed.toSorted());
  });
});
