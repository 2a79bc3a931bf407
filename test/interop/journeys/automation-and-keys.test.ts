// Journeys E and F of the content-trust documentation, and D1 and D2: build jobs that sign, back-ups, keys at home and away,
// and what is said to somebody who is not let in; with the Go programs, then with ours in their place.
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFakeEngine } from '../../peers/fake-engine.ts';
import { newPerson, ourProgram, type Person, type PersonOptions } from '../../peers/person.ts';
import { useScratch } from '../../peers/scratch.ts';
import { startTokenService } from '../../peers/token-service.ts';
import { startTrustServices, type TrustServices } from '../../peers/trust-services.ts';
import { digestOf } from '../matrix/command.ts';
import { expectDone } from '../outcome.ts';
import { documentedKey, done, play, pulled, teams, trusted } from './team.ts';

const scratch = useScratch();
const engine = useFakeEngine(scratch);
let services: TrustServices;

beforeAll(async () => {
  services = await startTrustServices(scratch, {
    server: 'paraph-server',
    signer: 'paraph-signer',
  });
});

const person = (name: string, options: Partial<PersonOptions> = {}): Promise<Person> =>
  newPerson(scratch, name, {
    trustServer: services.url,
    caFile: services.caFile,
    engine: engine.host,
    ...options,
  });

async function push(who: Person, image: string, content: string) {
  engine.hold(image, content);
  return who.docker(['push', image], trusted);
}

describe.each(teams)('with $name', ({ key, notary, trust }) => {
  const gun = `registry.test/e/${key}`;
  let owner: Person;
  let job: Person;
  let consumer: Person;

  beforeAll(async () => {
    owner = await person(`owner-${key}`);
    job = await person(`job-${key}`);
    consumer = await person(`consumer-${key}`);
  });

  it('E2 signs in a build job that never sees the root key', async () => {
    await documentedKey(owner, 'delegation');
    await copyFile(join(owner.home, 'delegation.key'), join(job.home, 'delegation.key'));
    await done(job, ['/bin/chmod'], '600 delegation.key');
    await done(job, trust, 'key load delegation.key --name jeff');
    const added = await done(owner, trust, `signer add --key delegation.crt jeff ${gun}`);
    expect(added).toContain(`Successfully added signer: jeff to ${gun}`);
    engine.hold(`${gun}:1`, 'one');
    const env = { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: '' };
    const signed = await done(job, trust, `sign ${gun}:1`, { env });
    expect(signed).toContain(`Successfully signed ${gun}:1`);
    expect((await job.keyFiles()).map(({ role }) => role)).toEqual(['jeff']);
    expect(await pulled(consumer, `${gun}:1`)).toBe(digestOf('one'));
  });

  it('E3 fails with a wrong passphrase in the variable, and signs nothing', async () => {
    engine.hold(`${gun}:2`, 'two');
    const env = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'not the passphrase' };
    const { status } = await play(job, trust, `sign ${gun}:2`, { env });
    expect(status).toBe(1);
    expect(await pulled(consumer, `${gun}:2`)).toContain('No valid trust data for 2');
  });

  it('E4 fails at once without a passphrase and a terminal', async () => {
    const env = {
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: '',
      NOTARY_DELEGATION_PASSPHRASE: '',
    };
    await job.file('three', 'three');
    const began = Date.now();
    const outcomes = [
      await play(job, trust, `sign ${gun}:2`, { env }),
      await play(job, notary, `add ${gun} 3 three -r targets/releases -p`, { env }),
    ];
    expect(outcomes.map(({ status }) => status)).toEqual([1, 1]);
    expect(Date.now() - began).toBeLessThan(20_000);
    await done(job, notary, `reset ${gun} --all`);
  });

  it('F1 restores the keys from the documented archive on another machine', async () => {
    const archive = join(owner.home, 'private_keys_backup.tar.gz');
    await done(owner, ['/bin/tar'], `-zcf ${archive} .docker/trust/private`);
    const other = await person(`restored-${key}`);
    await done(other, ['/bin/tar'], `-zxf ${archive}`);
    expect(await other.keyFiles()).toEqual(await owner.keyFiles());
    await other.file('v4', 'four');
    await done(other, notary, `add ${gun} 4 v4 -p`);
    expect(await pulled(consumer, `${gun}:4`)).toBe(digestOf('four'));
    expectDone(await push(other, `${gun}-b:1`, 'one of b'));
    expect((await other.keyFiles()).filter(({ role }) => role === 'root')).toHaveLength(1);
  });

  it('F2 takes the keys of one repository to another machine', async () => {
    const exported = join(owner.home, 'exported.pem');
    await done(owner, notary, `key export --gun ${gun} -o ${exported}`);
    const other = await person(`imported-${key}`);
    await done(other, notary, `key import ${exported}`);
    const targets = (await owner.keyFiles()).filter(({ role }) => role === 'targets');
    expect(await other.keyFiles()).toEqual(targets);
    await other.file('v5', 'five');
    await done(other, notary, `add ${gun} 5 v5 -p`);
    expect(await pulled(consumer, `${gun}:5`)).toBe(digestOf('five'));
  });

  it('F4 keeps the collaborators from publishing while the snapshot key is at home', async () => {
    await done(owner, notary, `key rotate ${gun} snapshot`);
    engine.hold(`${gun}:6`, 'six');
    const kept = await play(job, trust, `sign ${gun}:6`);
    expect(kept.status).toBe(1);
    expect(await pulled(consumer, `${gun}:6`)).toContain('No valid trust data for 6');
    await done(owner, notary, `key rotate ${gun} snapshot -r`);
    await done(job, trust, `sign ${gun}:6`);
    expect(await pulled(consumer, `${gun}:6`)).toBe(digestOf('six'));
  });

  it('F5 recovers from the loss of the repository key, and consumers follow', async () => {
    const id = await targetsKeyId(owner);
    await rm(join(owner.trustDir, 'private', `${id}.key`));
    const rotated = await done(owner, notary, `key rotate ${gun} targets`);
    expect(rotated).toContain(`Successfully rotated targets key for repository ${gun}`);
    expect(await targetsKeyId(owner)).not.toBe(id);
    expect(await pulled(consumer, `${gun}:1`)).toBe(digestOf('one'));
  });

  const targetsKeyId = async (who: Person): Promise<string | undefined> =>
    /^targets .*\b([0-9a-f]{64})\b/m.exec(await done(who, notary, 'key list'))?.[1];

  it('D1 names the variable to somebody who has not set it', async () => {
    const env = { DOCKER_CONTENT_TRUST_SERVER: '' };
    const { status, text } = await play(
      owner,
      trust,
      `signer add --key delegation.crt ann ${gun}`,
      {
        env,
      },
    );
    expect(status).toBe(1);
    expect(text).toContain('failed to add signer to: ');
    if (key === 'ours') expect(text).toContain('DOCKER_CONTENT_TRUST_SERVER');
  });
});

describe('D2 who is not logged in is refused, and let in after a login', () => {
  let guarded: string;

  beforeAll(async () => {
    const users = { boss: { password: 'secret', actions: ['pull', 'push', '*'] } };
    const { auth } = await startTokenService(scratch, services.authority, users, 'ES256 with x5c');
    guarded = await services.serveBeside({ auth });
  });

  it.each(teams)('by $name', async ({ key, trust }) => {
    const image = `registry.test/d2/${key}`;
    const stranger = await person(`stranger-${key}`, { trustServer: guarded });
    await done(stranger, trust, 'key generate ann');
    const add = `signer add --key ann.pub ann ${image}`;
    const refused = await play(stranger, trust, add);
    expect(refused.status).toBe(1);
    expect(refused.text).toContain('you are not authorized to perform this operation');
    expect(refused.text).toContain(`failed to add signer to: ${image}`);
    // What docker login writes.
    const login = { auth: Buffer.from('boss:secret').toString('base64') };
    await stranger.file(
      '.docker/config.json',
      JSON.stringify({ auths: { 'registry.test': login } }),
    );
    expect(await done(stranger, trust, add)).toContain('Successfully added signer: ann');
  });
});

describe('E4 paraph fails at once without a passphrase and a terminal', () => {
  it('and without a key made', async () => {
    const who = await person('no-terminal');
    const env = {
      DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: '',
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: '',
      NOTARY_ROOT_PASSPHRASE: '',
      NOTARY_TARGETS_PASSPHRASE: '',
    };
    const digest = `sha256:${digestOf('one')}`;
    const line = `sign registry.test/e/nobody:1 --digest ${digest} --size 3`;
    const outcome = await play(who, ourProgram('paraph'), line, { env });
    expect(outcome).toMatchObject({ status: 8, stdout: '' });
    expect(await who.keyFiles()).toEqual([]);
  });
});
