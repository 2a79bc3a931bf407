// The steps of every cell, in their order. Data alone: the table of the run is made from it where no test runs.
import type { Client } from './client.ts';

interface StepPlan {
  readonly name: string;
  /** What must hold afterwards. */
  readonly holds: string;
  /** What the client must be able to do. */
  readonly needs: readonly (keyof Client)[];
}

export const stepList = [
  {
    name: 'init',
    holds: 'a new repository is published, and every reader sees it empty',
    needs: ['init'],
  },
  {
    name: 'publish',
    holds: 'a tag is signed, and every reader sees its digest',
    needs: ['publish'],
  },
  {
    name: 'list',
    holds: 'readers who never saw the repository list the same tags and digests',
    needs: ['tags'],
  },
  {
    name: 'lookup',
    holds: 'every client finds the digest of the tag; a tag that is not signed is refused',
    needs: ['lookup'],
  },
  {
    name: 'two tags',
    holds: 'two more tags are signed, in one publish where the client can',
    needs: ['publish'],
  },
  {
    name: 'remove',
    holds: 'a removed tag is found no more and seen by nobody, the others are',
    needs: ['remove'],
  },
  {
    name: 'snapshot to server',
    holds:
      'the snapshot key of the publisher gives way to one of the signer, and leaves the machine',
    needs: ['rotate'],
  },
  {
    name: 'delegation add',
    holds: 'the key of a delegate is let in',
    needs: ['addDelegate'],
  },
  {
    name: 'delegation list',
    holds: 'the client shows that key by its id, to a reader too',
    needs: ['delegateKeys'],
  },
  {
    name: 'publish by delegate',
    holds: 'the delegate signs a tag with the own key alone, and every reader sees it',
    needs: ['publishAsDelegate'],
  },
  {
    name: 'nested delegation',
    holds:
      'the delegate lets another in below the own role, who signs a tag there; no pull accepts it',
    needs: ['nest', 'publishNested'],
  },
  {
    name: 'purge',
    holds:
      'a second delegate is taken out of every role: what that key alone signed counts no more, nor can it sign',
    needs: ['purge'],
  },
  {
    name: 'witness',
    holds: 'the first delegate signs again what the second had signed, and it counts again',
    needs: ['witness'],
  },
  {
    name: 'rotate timestamp',
    holds: 'the signer has made a new timestamp key, and every reader follows',
    needs: ['rotate'],
  },
  {
    name: 'snapshot home',
    holds: 'the snapshot key is with the publisher again, who signs a tag with it',
    needs: ['rotate'],
  },
  {
    name: 'rotate targets',
    holds: 'a tag is signed with a new targets key, and every reader follows',
    needs: ['rotate'],
  },
  {
    name: 'rotate root',
    holds:
      'the root key changes three times; readers follow, those too who saw nothing since the first tag',
    needs: ['rotate'],
  },
  {
    name: 'race',
    holds:
      'two publishers at once, each trying again when told to be late: every tag of both is signed',
    needs: ['publishInRace'],
  },
  {
    name: 'delete, re-create',
    holds:
      'newcomers find nothing, then what was signed anew; who saw the old repository refuses the new one',
    needs: ['forget'],
  },
  {
    name: 'token',
    holds:
      'with a token service: publish and read as allowed; a wrong password, no login and a push with rights to pull are refused',
    needs: ['publish'],
  },
  {
    name: 'client certificate',
    holds:
      'the server demands client certificates: nobody without one is served, the same person with one is',
    needs: ['lookup'],
  },
] as const satisfies readonly StepPlan[];

export type StepName = (typeof stepList)[number]['name'];
