// `paraph signer list IMAGE`: who may sign tags of a repository beside its own key, with which keys, and whether what they
// sign is released.
import { inspectRepository, type RoleView } from '../../client/consume/inspect.ts';
import { refresh } from '../../client/consume/refresh.ts';
import { releasesRole } from '../../client/consume/resolve.ts';
import { asFailure, exitStatus } from '../../errors.ts';
import { pathWords } from '../render/change.ts';
import { safe } from '../render/safe-text.ts';
import { tableId } from '../render/short-id.ts';
import { table } from '../render/table.ts';
import { day } from '../render/time.ts';
import type { CommandBody } from './command.ts';
import { isForPublishers } from './near-expiry.ts';
import { repositoryNamed } from './repository-argument.ts';
import { Session } from './session.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const [asked = ''] = invocation.args;
  const reference = repositoryNamed(asked, 'signer list');
  const session = await Session.open(invocation);
  const { reporter } = session;
  try {
    const ports = session.consumer(reference, isForPublishers(invocation.world.nowMs));
    const signers = signersOf(inspectRepository(await refresh(reference.name, ports)).roles);
    reporter.result(
      signers.length === 0 ? [] : signerTable(signers, invocation.flags.isOn('no-trunc')),
      { repository: reference.name, signers: signers.map(signerJson) },
    );
    if (signers.length === 0) {
      reporter.notice([`${reference.name} has no signer: its own key signs every tag.`], {
        kind: 'no-signers',
        gun: reference.name,
      });
    }
    return exitStatus.done;
  } catch (error) {
    const failure = session.atTrustServer(asFailure(error));
    reporter.failure(failure, reference.name);
    return failure.exit;
  } finally {
    session.close();
  }
};

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
    signers.map(({ name, view, releasing }) => [
      safe(name),
      view.keys.map(({ canonicalId }) => tableId(canonicalId, isFull)).join(' ') || 'none',
      pathWords(view.paths ?? []),
      releasing === view.keys.length && releasing > 0 ? 'yes' : releasing === 0 ? 'no' : 'in part',
      signedUntil(view),
    ]),
  );
}

function signedUntil({ expiresMs, problem }: RoleView): string {
  if (problem !== undefined) return `does not count: ${safe(problem)}`;
  return expiresMs === undefined ? 'nothing yet' : day(expiresMs);
}

function signerJson({ name, view, releasing }: Signer): object {
  const { role, keys, threshold, paths, version, expiresMs, problem } = view;
  return {
    name,
    role,
    keys: keys.map(({ canonicalId, keyType }) => ({ id: canonicalId, type: keyType })),
    threshold,
    paths: paths ?? [],
    releasingKeys: releasing,
    version: version ?? null,
    expires: expiresMs === undefined ? null : new Date(expiresMs).toISOString(),
    ...(problem === undefined ? {} : { problem }),
  };
}
