// What somebody does with the Go `notary` and with `docker trust inspect`, from the first publish to the
// deletion, as tests that any pairing of server and signer must pass. Run on the Go services it shows
// that the journey itself is right; on ours, that they take their place.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { peer } from '../peers/peers.ts';
import { newPerson, type Person } from '../peers/person.ts';
import { mustRun } from '../peers/program.ts';
import type { Scratch } from '../peers/scratch.ts';
import { type Pairing, startTrustServices, type TrustServices } from '../peers/trust-services.ts';
import { expectDone } from './outcome.ts';

const gun = 'registry.test/team/app';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A line of `notary list`. */
const row = (tag: string, content: string, role: string): RegExp =>
  new RegExp(`^${tag} +${sha256(content)} +${content.length} +${role}$`, 'm');

export function goClientJourney(scratch: Scratch, pairing: Pairing): void {
  describe(`the Go client on ${pairing.server} with ${pairing.signer}`, () => {
    let services: TrustServices;
    let owner: Person;
    let reader: Person;
    let collaborator: Person;

    beforeAll(async () => {
      services = await startTrustServices(scratch, pairing);
      const trust = { trustServer: services.url, caFile: services.caFile };
      owner = await newPerson(scratch, 'owner', trust);
      reader = await newPerson(scratch, 'reader', trust);
      collaborator = await newPerson(scratch, 'collaborator', trust);
    });

    it('finds nothing where nothing was published', async () => {
      const { status, stdout } = await reader.notary(['list', gun]);
      expect(status).toBe(1);
      expect(stdout).toContain(`does not have trust data for ${gun}`);
    });

    it('makes and publishes a repository', async () => {
      expectDone(await owner.notary(['init', gun, '-p']));
      const { status, stdout } = await reader.notary(['list', gun]);
      expect({ status, stdout }).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('No targets present in this repository.'),
      });
    });

    it('hands the snapshot key to the service', async () => {
      const { status, stdout } = await owner.notary(['key', 'rotate', gun, 'snapshot', '-r']);
      expect(stdout).toContain(`Successfully rotated snapshot key for repository ${gun}`);
      expect(status).toBe(0);
      expect((await owner.keyFiles()).map((key) => key.role)).toEqual(['root', 'targets']);
    });

    it('adds a target that others list, look up and verify', async () => {
      const file = await owner.file('v1', 'content of v1');
      const added = await owner.notary(['add', gun, 'v1', file, '-p']);
      expect(added.stdout).toContain(`Successfully published changes for repository ${gun}`);
      expect((await reader.notary(['list', gun])).stdout).toMatch(
        row('v1', 'content of v1', 'targets'),
      );
      const lookup = await reader.notary(['lookup', gun, 'v1']);
      expect(lookup.stdout).toBe(`v1 sha256:${sha256('content of v1')} 13\n`);
      const verified = await reader.notary(['verify', gun, 'v1'], 'content of v1');
      expect(verified).toMatchObject({ status: 0, stdout: 'content of v1' });
      const refused = await reader.notary(['verify', gun, 'v1'], 'content of v2');
      expect(refused.status).toBe(1);
      expect(refused.stdout).toMatch(/sha(256|512) checksum for v1 did not match/);
    });

    it('publishes for a collaborator who holds a delegation key', async () => {
      const key = join(collaborator.home, 'key.pem');
      const cert = join(collaborator.home, 'cert.pem');
      const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert];
      await mustRun(peer('openssl'), ['req', '-x509', ...made, '-subj', '/CN=c', '-days', '1']);
      const add = ['delegation', 'add', gun, 'targets/releases', cert, '--all-paths', '-p'];
      expectDone(await owner.notary(add));
      const delegations = await reader.notary(['delegation', 'list', gun]);
      expect(delegations.stdout).toMatch(/^targets\/releases +"" <all paths> +[0-9a-f]{64} +1/m);
      expectDone(await collaborator.notary(['key', 'import', key, '-r', 'c']));
      const file = await collaborator.file('v2', 'content of v2');
      const signed = await collaborator.notary([
        'add',
        gun,
        'v2',
        file,
        '-r',
        'targets/releases',
        '-p',
      ]);
      expect(signed.stdout).toContain('Successfully published changes');
      const list = await reader.notary(['list', gun]);
      expect(list.stdout).toMatch(row('v1', 'content of v1', 'targets'));
      expect(list.stdout).toMatch(row('v2', 'content of v2', 'targets/releases'));
    });

    it('shows tags and keys to docker trust inspect', async () => {
      const { status, stdout } = await reader.docker(['trust', 'inspect', '--pretty', gun]);
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`^v1 +${sha256('content of v1')} +\\(Repo Admin\\)$`, 'm'));
      expect(stdout).toMatch(new RegExp(`^v2 +${sha256('content of v2')} +\\(Repo Admin\\)$`, 'm'));
      expect(stdout).toMatch(/^ {2}Root Key:\t[0-9a-f]{64}$/m);
    });

    it.each(['timestamp', 'snapshot'])('gets a new %s key from the service', async (role) => {
      const before = await keyIds(services, role);
      const rotated = await owner.notary(['key', 'rotate', gun, role, '-r']);
      expect(rotated.stdout).toContain(`Successfully rotated ${role} key`);
      expect(await keyIds(services, role)).not.toEqual(before);
      expect((await reader.notary(['list', gun])).stdout).toMatch(
        row('v1', 'content of v1', 'targets'),
      );
    });

    it.each(['targets', 'root'])('replaces the %s key, and a reader follows', async (role) => {
      const before = await keyIds(services, role);
      const rotated = await owner.notary(['key', 'rotate', gun, role], 'yes\n');
      expect(rotated.stdout).toContain(`Successfully rotated ${role} key`);
      expect(await keyIds(services, role)).not.toEqual(before);
      expect((await reader.notary(['list', gun])).stdout).toMatch(row('v2', 'content of v2', '.*'));
    });

    it('takes the snapshot key home and goes on publishing', async () => {
      const home = await owner.notary(['key', 'rotate', gun, 'snapshot']);
      expect(home.stdout).toContain('Successfully rotated snapshot key');
      const file = await owner.file('v3', 'content of v3');
      expectDone(await owner.notary(['add', gun, 'v3', file, '-p']));
      expect((await reader.notary(['list', gun])).stdout).toMatch(
        row('v3', 'content of v3', 'targets'),
      );
    });

    it('removes a target', async () => {
      expectDone(await owner.notary(['remove', gun, 'v1', '-p']));
      const { status, stdout } = await reader.notary(['lookup', gun, 'v1']);
      expect(status).toBe(1);
      expect(stdout).toContain('No valid trust data for v1');
    });

    it('deletes the repository', async () => {
      const { stdout } = await owner.notary(['delete', gun, '--remote']);
      expect(stdout).toContain('Successfully deleted local and remote trust data');
      expect(
        (await newcomer('newcomer').then((who) => who.notary(['list', gun]))).stdout,
      ).toContain(`does not have trust data for ${gun}`);
    });

    const newcomer = (name: string): Promise<Person> =>
      newPerson(scratch, name, { trustServer: services.url, caFile: services.caFile });
  });
}

/** The key ids of `role` in the root that the server publishes. */
async function keyIds(services: TrustServices, role: string): Promise<readonly string[]> {
  const url = `${services.url}/v2/${gun}/_trust/tuf/root.json`;
  const text = await mustRun(peer('curl'), ['-fsS', '--cacert', services.caFile, url]);
  const root: { signed: { roles: Record<string, { keyids: string[] }> } } = JSON.parse(text);
  return root.signed.roles[role]!.keyids;
}
