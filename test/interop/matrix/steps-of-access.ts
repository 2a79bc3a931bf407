// Who gets in, who comes first, and what becomes of a repository that is deleted.
import { expect } from 'vitest';
import type { Client, On } from './client.ts';
import { type Audience, Ledger } from './ledger.ts';
import { logins } from './pairing.ts';
import { type Play, shareKeys } from './play.ts';

/** Tags that each of two racing publishers signs, one after the other. */
const tagsInRace = 3;

/** Words of each client for a repository that is not there, */
const notThere = /does not have trust data|no signatures or cannot access|\[NO_TRUST_DATA\]/;
/** for one that was made anew by others as far as a consumer can tell, */
const madeAnew =
  /could not rotate trust to a new trusted root|no signatures or cannot access|\[ROOT_CHANGED\]/;
/** and for a request that is not allowed, at the server or at the token service. */
const notAllowed =
  /not authorized|unauthorized|authentication required|\[UNAUTHORIZED\]|\[FORBIDDEN\]/i;
/** TLS ended by the server, in the words of Go and of ours. */
const noHandshake = /tls: |certificate required|\[TLS_|bad certificate/;

export async function race(play: Play): Promise<void> {
  const { client, owner } = play;
  const ledger = new Ledger(play.otherGun('race'));
  const twin = await play.person('twin');
  await client.init({ who: owner, gun: ledger.gun });
  await client.rotate?.({ who: owner, gun: ledger.gun }, 'snapshot', 'server');
  await shareKeys(owner, twin);
  const run = async (who: typeof owner, name: string): Promise<void> => {
    for (let number = 1; number <= tagsInRace; number += 1) {
      const release = play.release(`${name}-${number}`);
      await client.publishInRace({ who, gun: ledger.gun }, release);
      ledger.record([release], ['targets']);
    }
  };
  await Promise.all([run(owner, 'owner'), run(twin, 'twin')]);
  await ledger.isSeenBy(play.regulars);
}

export async function deleteAndRecreate(play: Play): Promise<void> {
  await play.client.forget?.(play.mine);
  await everyoneFails(await play.newcomers('between'), play.gun, notThere);
  const anew = new Ledger(play.gun);
  await play.client.init(play.mine);
  const release = play.release('anew');
  anew.record([release], await play.client.publish(play.mine, [release]));
  await anew.isSeenBy(await play.newcomers('after'));
  await everyoneFails(play.regulars, play.gun, madeAnew);
}

export async function token(play: Play): Promise<void> {
  const { client, services } = play;
  const { certificate } = services;
  const ledger = guarded(play);
  const { gun } = ledger;
  const owner = await play.personAtGuard('owner', { login: logins.publisher, certificate });
  await client.init({ who: owner, gun });
  const release = play.release('guarded');
  ledger.record([release], await client.publish({ who: owner, gun }, [release]));
  const readers = await play.newcomersAtGuard('reader', { login: logins.reader, certificate });
  await ledger.isSeenBy(readers);
  const impostors = await play.newcomersAtGuard('impostor', {
    login: logins.impostor,
    certificate,
  });
  await everyoneFails(impostors, gun, notAllowed);
  await everyoneFails(await play.newcomersAtGuard('anonymous', { certificate }), gun, notAllowed);
  const puller = await play.personAtGuard('puller', { login: logins.reader, certificate });
  await shareKeys(owner, puller);
  await ledger.isSeenBy([{ reader: client, who: puller }]);
  await expect(pushWithoutRight(client, { who: puller, gun }, play)).rejects.toThrow(notAllowed);
  await ledger.isSeenBy(readers);
}

export async function clientCertificate(play: Play): Promise<void> {
  const { certificate } = play.services;
  const login = logins.reader;
  const ledger = guarded(play);
  ledger.record([play.release('guarded')], ['targets']);
  const without = await play.newcomersAtGuard('without', { login });
  await everyoneFails(without, ledger.gun, noHandshake);
  await ledger.isSeenBy(await play.newcomersAtGuard('with', { login, certificate }));
}

function guarded(play: Play): Ledger {
  return new Ledger(play.otherGun('guarded'));
}

function pushWithoutRight(client: Client, on: On, play: Play): Promise<unknown> {
  return client.publish(on, [play.release('not-allowed')]);
}

async function everyoneFails(people: Audience, gun: string, words: RegExp): Promise<void> {
  for (const { reader, who } of people) {
    const found = reader.lookup({ who, gun }, { tag: 'guarded', content: '' });
    await expect(found, `asked with ${reader.name}`).rejects.toThrow(words);
  }
}
