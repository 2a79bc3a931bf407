// `paraph signer list IMAGE`: who may sign tags of a repository beside its own key, with which keys, and whether what they
// sign is released.
import { inspectRepository, type RoleView } from '../../client/consume/inspect.ts';
import { releasesRole } from '../../client/consume/resolve.ts';
import { delegatedCells, delegatedJson } from '../render/delegated-role.ts';
import { safe } from '../render/safe-text.ts';
import { table } from '../render/table.ts';
import type { CommandBody } from './command.ts';
import { listing } from './listing.ts';

export const run: CommandBody['run'] = (invocation) =>
  listing(invocation, (repository, reporter) => {
    const signers = signersOf(inspectRepository(repository).roles);
    const isFull = invocation.flags.isOn('no-trunc');
    const { gun } = repository;
    reporter.result(signers.length === 0 ? [] : signerTable(signers, isFull), {
      repository: gun,
      signers: signers.map(signerJson),
    });
    if (signers.length > 0) return;
    reporter.notice([`${safe(gun)} has no signer: its own key signs every tag.`], {
      kind: 'no-signers',
      gun,
    });
  });

interface Signer {
  readonly name: string;
  readonly view: RoleView;
  /** How many of the keys can release a tag. */
  readonly releasing: number;
}

const prefix = 'targets/';

/** Direct delegations, except for the one that releases. */
function signersOf(roles: readonly RoleView[]): readonly Signer[] {
  const released = roles.find(({ role }) => role === releasesRole)?.keys ?? [];
  const ids = new Set(released.map(({ canonicalId }) => canonicalId));
  return roles
    .filter(({ role }) => role.startsWith(prefix) && role !== releasesRole)
    .filter(({ role }) => !role.slice(prefix.length).includes('/'))
    .map((view) => ({
      name: view.role.slice(prefix.length),
      view,
      releasing: view.keys.filter(({ canonicalId }) => ids.has(canonicalId)).length,
    }));
}

function signerTable(signers: readonly Signer[], isFull: boolean): readonly string[] {
  const columns = ['SIGNER', 'KEYS', 'MAY SIGN', 'RELEASES', 'SIGNED UNTIL'];
  return table(
    columns.map((title) => ({ title })),
    signers.map(({ name, view, releasing }) => {
      const { keys, paths, until } = delegatedCells(view, isFull);
      return [safe(name), keys, paths, releasesCell(view, releasing), until];
    }),
  );
}

function releasesCell({ keys }: RoleView, releasing: number): string {
  if (releasing === 0) return 'no';
  return releasing === keys.length ? 'yes' : 'in part';
}

function signerJson({ name, view, releasing }: Signer): object {
  return { name, ...delegatedJson(view), releasingKeys: releasing };
}
