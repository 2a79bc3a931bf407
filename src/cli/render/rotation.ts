// A rotation on the screen: which keys went, which came, what became of the old ones, and what is left for somebody to do.
import { dirname } from 'node:path';
import type { OldKey } from '../../client/publish/old-keys.ts';
import type { Rotation } from '../../client/publish/rotate.ts';
import type { RotationPreview } from '../../client/publish/rotation-preview.ts';
import { backUpCommand } from './back-up.ts';
import { idList } from './notice.ts';
import { signerJson, signerLines } from './preview.ts';
import { safe } from './safe-text.ts';
import { proseId } from './short-id.ts';
import { publishedLines, uploadedJson, verbCell } from './signing.ts';
import { table } from './table.ts';

/** A path as people write it. */
type Place = (path: string) => string;

export function rotationLines(done: Rotation, place: Place): readonly string[] {
  const { role, outcome, newKeys, oldKeys } = done;
  const verb = outcome === 'unchanged' ? 'unchanged' : 'rotated';
  const rows = [
    ...newKeys.map(({ id, location }) => [
      verbCell(verb),
      role,
      proseId(id),
      isServers(location)
        ? `held by ${safe(new URL(location).host)}`
        : `encrypted in ${safe(place(dirname(location)))}`,
    ]),
    ...oldKeys.map((key) => [
      verbCell(verbOf(key)),
      'old key',
      proseId(key.id),
      fateOf(key, role, place),
    ]),
  ];
  return [...table([{}, {}, {}, {}], rows), ...publishedLines(done)];
}

function isServers(location: string): boolean {
  return location.startsWith('https:') && URL.canParse(location);
}

function verbOf({ fate }: OldKey): string {
  return fate === 'elsewhere' ? 'replaced' : fate;
}

function fateOf({ fate, location }: OldKey, role: Rotation['role'], place: Place): string {
  switch (fate) {
    case 'removed':
      return 'its file is gone from this machine';
    case 'kept':
      return safe(place(location));
    default:
      return role === 'root' || role === 'targets'
        ? 'its file is not on this machine'
        : 'was not on this machine';
  }
}

interface Notice {
  readonly lines: readonly string[];
  readonly data: object;
}

export function rotationNotices(
  { gun, role, holder, outcome, newKeys, oldKeys, stillTrustedBy }: Rotation,
  place: Place,
): readonly Notice[] {
  const notices: Notice[] = oldKeys.flatMap(({ id, problem }) =>
    problem === undefined
      ? []
      : [
          {
            lines: [
              `The old key ${proseId(id)} is kept: ${safe(problem.message)} [${problem.code}]`,
            ],
            data: { kind: 'old-key-kept', gun, keyId: id, code: problem.code },
          },
        ],
  );
  if (stillTrustedBy.length > 0) {
    notices.push({
      lines: [
        `The old key can still sign, as ${safe(stillTrustedBy.join(', '))}. To end that:`,
        ...oldKeys.map(({ id }) => `  paraph delegation purge ${safe(gun)} --key ${proseId(id)}`),
      ],
      data: { kind: 'still-trusted', gun, roles: stillTrustedBy },
    });
  }
  const [made] = newKeys;
  if (role === 'root' && holder === 'local' && outcome === 'rotated' && made?.isNew === true) {
    notices.push({
      lines: [
        'The new root key exists once, and its loss is not recoverable. Back it up:',
        `  ${safe(backUpCommand(place(dirname(made.location))))}`,
      ],
      data: { kind: 'one-root-key' },
    });
  }
  return notices;
}

/** What would happen. */
export function rotationPlan(preview: RotationPreview, serverUrl: string): readonly string[] {
  const { gun, role, oldKeys, roles } = preview;
  const old = idList(oldKeys.map(({ id }) => id));
  const row = ['rotates', role, `${safe(old)} to ${newKeyWords(preview, serverUrl)}`];
  return [
    `${safe(gun)}  would be published:`,
    ...table([{}, {}, {}], [row]),
    '',
    ...signerLines(roles),
  ];
}

function newKeyWords({ holder, newKeyIds }: RotationPreview, serverUrl: string): string {
  if (newKeyIds !== undefined) return idList(newKeyIds);
  if (holder === 'local') return 'a key that is made here';
  return `a key that is made and held by ${safe(new URL(serverUrl).host)}`;
}

export function rotationJson(done: Rotation): object {
  const { gun, role, holder, outcome, newKeys, oldKeys, stillTrustedBy } = done;
  return {
    repository: gun,
    role,
    holder,
    outcome,
    newKeys: newKeys.map(({ id, location, isNew }) => ({ id, location, made: isNew })),
    oldKeys: oldKeys.map(oldKeyJson),
    stillTrustedBy,
    ...uploadedJson(done),
  };
}

function oldKeyJson({ id, fate, location, problem }: OldKey): object {
  const why =
    problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } };
  return { id, fate, location: location || null, ...why };
}

export function rotationPlanJson(preview: RotationPreview): object {
  const { gun, role, holder, oldKeys, newKeyIds, roles } = preview;
  return {
    repository: gun,
    role,
    holder,
    publishable: roles.every(({ signer }) => signer !== 'missing'),
    oldKeys: oldKeys.map(({ id, isHere }) => ({ id, here: isHere })),
    newKeys: newKeyIds ?? null,
    roles: roles.map(signerJson),
  };
}
