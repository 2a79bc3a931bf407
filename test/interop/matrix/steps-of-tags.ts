// Signing and reading tags.
import { expect } from 'vitest';
import { digestOf } from './command.ts';
import type { Audience } from './ledger.ts';
import type { Play } from './play.ts';

/** Words of each client for a tag that is not signed. */
const notSigned = /No valid trust data|\[TAG_NOT_SIGNED\]/;

export async function init(play: Play): Promise<void> {
  await play.client.init(play.mine);
  await play.everyoneFollows();
}

export async function publish(play: Play): Promise<void> {
  await play.publish('1');
}

export async function list(play: Play): Promise<void> {
  play.earlyBirds = await play.newcomers('early');
  await play.ledger.isSeenBy(play.earlyBirds);
  await play.ledger.isSeenBy([{ reader: play.client, who: play.owner }]);
}

export async function lookup(play: Play): Promise<void> {
  const everyone: Audience = [...play.regulars, { reader: play.client, who: play.owner }];
  const release = play.release('1');
  for (const { reader, who } of everyone) {
    const digest = await reader.lookup({ who, gun: play.gun }, release);
    expect(digest, `found with ${reader.name}`).toBe(digestOf(release.content));
  }
  await isNotFound(play, 'unsigned');
}

export async function twoTags(play: Play): Promise<void> {
  await play.publish('2', '3');
}

export async function remove(play: Play): Promise<void> {
  await play.client.remove(play.mine, '2');
  play.ledger.strike('2');
  await play.everyoneFollows();
  await isNotFound(play, '2');
}

async function isNotFound(play: Play, tag: string): Promise<void> {
  await expect(play.client.lookup(play.mine, play.release(tag))).rejects.toThrow(notSigned);
}
