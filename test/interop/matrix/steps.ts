// What is done in each step, in the order of the list, and whether a client can.
import type { Client } from './client.ts';
import type { Play } from './play.ts';
import { type StepName, stepList } from './step-list.ts';
import { clientCertificate, deleteAndRecreate, race, token } from './steps-of-access.ts';
import {
  addDelegation,
  listDelegations,
  nestDelegation,
  publishByDelegate,
  purge,
  witness,
} from './steps-of-delegations.ts';
import {
  rotateRoot,
  rotateTargets,
  rotateTimestamp,
  snapshotHome,
  snapshotToServer,
} from './steps-of-keys.ts';
import { init, list, lookup, publish, remove, twoTags } from './steps-of-tags.ts';

const deeds: Readonly<Record<StepName, (play: Play) => Promise<void>>> = {
  init,
  publish,
  list,
  lookup,
  'two tags': twoTags,
  remove,
  'snapshot to server': snapshotToServer,
  'delegation add': addDelegation,
  'delegation list': listDelegations,
  'publish by delegate': publishByDelegate,
  'nested delegation': nestDelegation,
  purge,
  witness,
  'rotate timestamp': rotateTimestamp,
  'snapshot home': snapshotHome,
  'rotate targets': rotateTargets,
  'rotate root': rotateRoot,
  race,
  'delete, re-create': deleteAndRecreate,
  token,
  'client certificate': clientCertificate,
};

export interface Step {
  readonly name: StepName;
  run(play: Play): Promise<void>;
}

/** The steps for which `client` has all that they need. */
export function stepsOf(client: Client): readonly Step[] {
  return stepList
    .filter(({ needs }) => needs.every((need) => client[need] !== undefined))
    .map(({ name }) => ({ name, run: deeds[name] }));
}
