// Server and signer are killed while somebody publishes, at another moment each time. Whatever was
// confirmed is there afterwards, nothing is half there, and the next publish goes through.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { newPerson, type Person } from '../peers/person.ts';
import { useScratch } from '../peers/scratch.ts';
import { type Service, startTrustServices, type TrustServices } from '../peers/trust-services.ts';
import { expectDone } from './outcome.ts';

const scratch = useScratch();
const gun = 'registry.test/team/killed';
/** Moments of the kill, as parts of the time that a publish takes, and who is killed. */
const moments = [0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2];
const kills = moments.flatMap((moment, index): (readonly [readonly Service[], number])[] => {
  const alone: Service = index % 2 === 0 ? 'signer' : 'server';
  return [
    [['signer', 'server'], moment],
    [[alone], moment],
  ];
});

describe('killed while somebody publishes', () => {
  let services: TrustServices;
  let owner: Person;
  let confirmed: readonly string[] = [];
  let publishMs: number;

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
    expectDone(await owner.notary(['init', gun, '-p']));
    expectDone(await owner.notary(['key', 'rotate', gun, 'snapshot', '-r']));
    expect(await publish('first')).toBe(true);
    const started = performance.now();
    expect(await publish('second')).toBe(true);
    publishMs = performance.now() - started;
    confirmed = ['first', 'second'];
  });

  it.each(kills)('%j at %f of a publish: nothing confirmed is lost', async (victims, moment) => {
    const tag = `${victims.join('-')}-${moment}`;
    const publishing = publish(tag);
    await sleep(moment * publishMs);
    await services.restart('SIGKILL', victims);
    if (await publishing) confirmed = [...confirmed, tag];
    const seen = await tagsSeenBy(await person(`newcomer-${tag}`));
    expect(seen).toEqual(expect.arrayContaining([...confirmed]));
    expect([...confirmed, tag]).toEqual(expect.arrayContaining([...seen]));
    confirmed = seen;
    // A server that lost its signer alone connects again within a second.
    await expect.poll(() => publish(`${tag}-again`), { timeout: 5_000 }).toBe(true);
    confirmed = [...confirmed, `${tag}-again`];
  });

  it('a reader who saw every state follows', async () => {
    const reader = await person('reader');
    expect((await tagsSeenBy(reader)).toSorted()).toEqual(confirmed.toSorted());
    await services.restart('SIGKILL');
    expect((await tagsSeenBy(reader)).toSorted()).toEqual(confirmed.toSorted());
  });
});
