// Who gets in, who comes first, and what becomes of a repository that is deleted.
import { expect } from 'vitest';
import type { Person } from '../../peers/person.ts';
import type { Client, On, Reader } from './client.ts';
import { Ledger } from './ledger.ts';
import { logins } from './pairing.ts';
import { type Play, shareKeys } from './play.ts';

/** Tags that each of two racing publishers signs, one after the other. */
const tagsInRace = 2;

/** Words of each client for a repository that is not there, */
const notThere = /does not have trust data|no signatures or cannot access|\[NO_TRUST_DATA\]/;
/** for one that was made anew by others as far as a consumer can tell, */
const madeAnew =
  /could not rotate trust to a new trusted root|no signatures or cannot access|\[ROOT_CHANGED\]/;
/** and for a request that is not allowed, at the server or at the token service. */
const notAllowed = /not authorized|unauthorized|authentication required/i;
/** TLS ended by the server. */
const noHandshake = /remote error: tls: (certificate required|bad certificate)/;

export async function race(play: Play): Promise<void> {
  const { client, rival, owner } = play;
  const { tooLate } = play.services;
  const ledger = new Ledger(play.otherGun('race'));
  const twin = await play.person('twin');
  await rival.init({ who: twin, gun: ledger.gun });
  await rival.rotate?.({ who: twin, gun: ledger.gun }, 'snapshot', 'server');
  await shareKeys(twin, owner);
  const run = async (program: Client, who: Person, name: string): Promise<void> => {
    for (let number = 1; number <= tagsInRace; number += 1) {
      const release = play.release(`${name}-${number}`);
      await program.publishInRace({ who, gun: ledger.gun }, release, tooLate);
      ledger.record([release], ['targets']);
    }
  };
  await Promise.all([run(client, owner, 'owner'), run(rival, twin, 'twin')]);
  await ledger.isSeenBy(play.regulars);
}

export async function deleteAndRecreate(play: Play): Promise<void> {
  const { client, gun } = play;
  await client.forget?.(play.mine);
  await isRefused(client, { who: await play.person('between'), gun }, notThere);
  const anew = new Ledger(gun);
  await client.init(play.mine);
  const release = play.release('anew');
  anew.record([release], await client.publish(play.mine, [release]));
  await anew.isSeenBy(await play.newcomers('after'));
  for (const { reader, who } of play.earlyBirds) await isRefused(reader, { who, gun }, madeAnew);
}

export async function token(play: Play): Promise<void> {
  const { client, services } = play;
  const { certificate } = services;
  const ledger = new Ledger(guardedGun(play));
  const { gun } = ledger;
  const person = (name: keyof typeof logins): Promise<Person> =>
    play.personAtGuard(name, { login: logins[name], certificate });
  const owner = await person('publisher');
  await client.init({ who: owner, gun });
  const release = play.release('guarded');
  ledger.record([release], await client.publish({ who: owner, gun }, [release]));
  const papers = { login: logins.reader, certificate };
  await ledger.isSeenBy(await play.newcomersAtGuard('reader', papers));
  await isRefused(client, { who: await person('impostor'), gun }, notAllowed);
  const anonymous = await play.personAtGuard('anonymous', { certificate });
  await isRefused(client, { who: anonymous, gun }, notAllowed);
  const puller = await person('reader');
  await shareKeys(owner, puller);
  await ledger.isSeenBy([{ reader: client, who: puller }]);
  const push = client.publish({ who: puller, gun }, [play.release('not-allowed')]);
  await expect(push).rejects.toThrow(notAllowed);
  await ledger.isSeenBy([{ reader: client, who: owner }]);
}

export async function clientCertificate(play: Play): Promise<void> {
  const { certificate } = play.services;
  const login = logins.reader;
  const ledger = new Ledger(guardedGun(play));
  ledger.record([play.release('guarded')], ['targets']);
  const without = await play.personAtGuard('without', { login });
  await isRefused(play.client, { who: without, gun: ledger.gun }, noHandshake);
  const withOne = await play.personAtGuard('with', { login, certificate });
  await ledger.isSeenBy([{ reader: play.client, who: withOne }]);
}

/** The repository of the step `token`. */
const guardedGun = (play: Play): string => play.otherGun('guarded');

/** Everybody looks for the tag of the step `token`: what is refused is the repository. */
async function isRefused(reader: Reader, on: On, words: RegExp): Promise<void> {
  const found = reader.lookup(on, { tag: 'guarded', content: '' });
  await expect(found, `asked with ${reader.name}`).rejects.toThrow(words);
}
