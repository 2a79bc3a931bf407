// `notary delegation remove GUN ROLE KEYID…`: stages that keys or paths leave a delegation, or that all of it goes.
import { delegationNamed } from '../../client/publish/named-roles.ts';
import {
  type Change,
  delegationChange,
  removeDelegationChange,
} from '../../client/trustdir/change.ts';
import { isFailure } from '../../errors.ts';
import type { DelegationRole } from '../../tuf/role.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody, NotaryCall } from './command.ts';
import { aborted } from './fatal.ts';
import { inSession } from './session.ts';
import { maybePublish, stageChanges } from './staging.ts';
import { shownPaths } from './table.ts';
import { usageFirst } from './usage-first.ts';

interface Removal {
  readonly role: DelegationRole;
  readonly keyIds: readonly string[];
  /** Undefined when none were named, which is not the same as an empty list. */
  readonly paths: readonly string[] | undefined;
  readonly allPaths: boolean;
}

export const run: NotaryBody['run'] = async (call) => {
  const [gun, named, ...keyIds] = call.args;
  if (gun === undefined || named === undefined) {
    throw usageFirst(
      call,
      'must specify the Global Unique Name and the role of the delegation along with optional keyIDs and/or a list of paths to remove',
    );
  }
  await inSession(call, async (session) => {
    const removal = removalOf(call, roleNamed(named), keyIds);
    const isWhole = keyIds.length === 0 && removal.paths === undefined && !removal.allPaths;
    if (isWhole && !(await session.console.confirmsRemoval(call.flags.isOn('yes')))) {
      throw aborted();
    }
    const changes = isWhole ? [removeDelegationChange(removal.role)] : changesOf(removal);
    await stageChanges(gun, changes, session, call);
    const what = isWhole
      ? `Forced removal (including all keys and paths) of delegation role ${removal.role} `
      : `Removal of delegation role ${removal.role} ${partsOf(removal)}`;
    session.console.print(
      ['', `${what}to repository "${safe(gun)}" staged for next publish.`, ''].join('\n'),
    );
    await maybePublish(gun, session, call);
  });
};

function removalOf(
  { flags }: NotaryCall,
  role: DelegationRole,
  keyIds: readonly string[],
): Removal {
  const allPaths = flags.isOn('all-paths');
  const paths = allPaths || !flags.isGiven('paths') ? undefined : flags.list('paths');
  return { role, keyIds, paths, allPaths };
}

/** In notary's order: paths before keys. */
function changesOf({ role, keyIds, paths = [], allPaths }: Removal): readonly Change[] {
  return [
    ...(allPaths ? [delegationChange(role, 'update', { clearPaths: true })] : []),
    ...(paths.length > 0 ? [delegationChange(role, 'update', { removePaths: paths })] : []),
    ...(keyIds.length > 0 ? [delegationChange(role, 'update', { removeKeyIds: keyIds })] : []),
  ];
}

function partsOf({ keyIds, paths, allPaths }: Removal): string {
  return [
    keyIds.length > 0 ? `with keys [${keyIds.map(safe).join(' ')}], ` : '',
    allPaths ? 'with all paths, ' : '',
    paths === undefined ? '' : `with paths [${shownPaths(paths).map(safe).join('\n')}], `,
  ].join('');
}

function roleNamed(name: string): DelegationRole {
  try {
    return delegationNamed(name);
  } catch (cause) {
    if (!isFailure(cause)) throw cause;
    throw cause.with({ message: `invalid delegation name ${name}` });
  }
}
