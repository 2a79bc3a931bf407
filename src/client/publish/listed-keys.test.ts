import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  changeOf,
  delegationsText,
  newDelegation,
  publishEdits,
} from '../../../test/client/edits.ts';
import { gun, type TestPublisher } from '../../../test/client/publisher.ts';
import { Stage } from '../../../test/client/stage.ts';
import { rootCertificate } from '../../keys/root-certificate.ts';
import { type PublicKey, publicKeyFromCertificate } from '../../tuf/public-key.ts';

let stage: Stage;
let owner: TestPublisher;
let alice: PublicKey;
let bob: PublicKey;
beforeEach(async () => {
  stage = await Stage.set();
  owner = stage.owner;
  alice = (await owner.keys.generate('alice')).key;
  bob = (await owner.keys.generate('bob')).key;
});
afterEach(() => stage.clear());

const purge = (...keyIds: readonly string[]) => ({ kind: 'purge-keys', keyIds }) as const;

describe('a delegation', () => {
  it('gives up no key that it does not have, and names the one that may be meant', async () => {
    const signer = await owner.keys.open(alice.canonicalId);
    const pem = await rootCertificate(signer, 'alice', stage.server.nowMs);
    const certificate = publicKeyFromCertificate(pem);
    await publishEdits(owner, newDelegation('targets/a', [certificate]));
    const removal = (id: string) => changeOf('targets/a', { removeKeyIds: [id] });
    for (const id of [
      certificate.id,
      alice.canonicalId.toUpperCase(),
      alice.canonicalId.slice(0, 7),
    ]) {
      await expect(publishEdits(owner, removal(id))).rejects.toMatchObject({
        code: 'KEY_NOT_FOUND',
        message: `targets/a has no key ${id}`,
        remedy: expect.stringContaining(alice.canonicalId),
      });
    }
    await expect(publishEdits(owner, removal(bob.canonicalId))).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      facts: { keys: alice.canonicalId },
      remedy: 'Name one of these.',
    });
    expect(await stage.versions('targets')).toEqual([3]);
  });

  it('gives up a key that an edit before has taken out already', async () => {
    await publishEdits(owner, newDelegation('targets/a', [alice, bob]));
    const removal = changeOf('targets/a', { removeKeyIds: [alice.canonicalId] });
    const done = await publishEdits(owner, removal, removal, purge(alice.canonicalId));
    expect(done.changed).toEqual([removal]);
  });
});

describe('purging a key', () => {
  it('that no delegation lists is refused, beside one that is listed too', async () => {
    await publishEdits(owner, newDelegation('targets/a', [alice, bob]));
    const { key: carol } = await owner.keys.generate('carol');
    for (const keys of [[carol], [alice, carol]]) {
      await expect(
        publishEdits(owner, purge(...keys.map(({ canonicalId }) => canonicalId))),
      ).rejects.toMatchObject({
        code: 'KEY_NOT_FOUND',
        message: `the delegations of ${gun} has no key ${carol.canonicalId}`,
      });
    }
    const upper = purge(alice.canonicalId.toUpperCase());
    await expect(publishEdits(owner, upper)).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      remedy: expect.stringContaining(alice.canonicalId),
    });
    expect(await stage.versions('targets')).toEqual([3]);
    expect(await delegationsText(owner)).toContain(alice.id);
  });
});
