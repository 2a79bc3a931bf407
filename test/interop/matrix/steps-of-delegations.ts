// Delegates: let in, listed, signing, taken out. What the roles of a delegate are called is the client's.
import { expect } from 'vitest';
import type { Play } from './play.ts';

export async function addDelegation(play: Play): Promise<void> {
  await play.client.addDelegate(play.mine, await play.delegate('first'));
}

export async function listDelegations(play: Play): Promise<void> {
  const delegate = await play.delegate('first');
  for (const who of [play.owner, await play.person('lister')]) {
    const keys = await play.client.delegateKeys({ who, gun: play.gun }, delegate);
    expect(keys).toContain(delegate.keyId);
  }
}

export async function publishByDelegate(play: Play): Promise<void> {
  await publishAs(play, 'first');
  await play.everyoneFollows();
}

export async function nestDelegation(play: Play): Promise<void> {
  const { client, gun } = play;
  const [delegate, nested] = [await play.delegate('first'), await play.delegate('nested')];
  await client.nest?.(delegate, gun, nested);
  const release = play.release('by-nested');
  play.ledger.record([release], (await client.publishNested?.(nested, gun, release)) ?? []);
  await play.everyoneFollows();
}

export async function purge(play: Play): Promise<void> {
  const { client, gun } = play;
  const second = await play.delegate('second');
  await client.addDelegate(play.mine, second);
  await publishAs(play, 'second');
  play.ledger.setVoid(await client.purge(play.mine, second));
  const late = client.publishAsDelegate(second, gun, play.release('by-second-too-late'));
  await expect(late).rejects.toThrow();
  await play.everyoneFollows();
}

export async function witness(play: Play): Promise<void> {
  await play.client.witness?.(await play.delegate('first'), play.gun);
  play.ledger.setVoid([]);
  await play.everyoneFollows();
}

async function publishAs(play: Play, name: string): Promise<void> {
  const release = play.release(`by-${name}`);
  const delegate = await play.delegate(name);
  const roles = await play.client.publishAsDelegate(delegate, play.gun, release);
  play.ledger.record([release], roles);
}
