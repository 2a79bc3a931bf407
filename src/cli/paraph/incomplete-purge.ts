// What a purge of keys could not do, for every command that may publish one.
//
// Invariant: a key that goes on counting somewhere is never reported as purged without an error.
import type { ClientEvent } from '../../client/events.ts';
import { Failure } from '../../errors.ts';
import type { Work } from './desk.ts';

type Incomplete = ClientEvent & { readonly kind: 'purge-incomplete' };

/** Does `publish` with ports that listen, and refuses afterwards what is left. @throws as `publish` */
export async function refusingIncomplete<Result>(
  at: Work,
  publish: (work: Work) => Promise<Result>,
): Promise<Result> {
  const left: Incomplete[] = [];
  const emit = (event: ClientEvent): void => {
    if (event.kind === 'purge-incomplete') left.push(event);
    else at.ports.emit(event);
  };
  const result = await publish({ ...at, ports: { ...at.ports, emit } });
  if (left.length > 0) at.refuse(incomplete(left));
  return result;
}

function incomplete(left: readonly Incomplete[]): Failure {
  const roles = left.map(({ role }) => role).join(', ');
  return new Failure('KEY_NOT_FOUND', `${roles} cannot be signed here, and still lists the keys`, {
    facts: Object.fromEntries(left.map(({ role, keyIds }) => [role, keyIds.join(', ')])),
    meaning: 'Out of all other roles they were taken.',
    remedy: 'Purge them where the keys of this role are too, or remove the role.',
  });
}
