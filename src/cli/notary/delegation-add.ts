// `notary delegation add GUN ROLE PEM…`: stages who may sign which targets beside the repository's own key.
import { delegationNamed } from '../../client/publish/named-roles.ts';
import { type Change, delegationChange } from '../../client/trustdir/change.ts';
import type { Failure } from '../../errors.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import type { DelegationRole } from '../../tuf/role.ts';
import { readPublicKeyArgument } from '../public-key-argument.ts';
import { safe } from '../render/safe-text.ts';
import type { World } from '../world.ts';
import type { NotaryBody, NotaryCall } from './command.ts';
import { prefixed, withPrefix } from './prefix.ts';
import { inSession } from './session.ts';
import { maybePublish, stageChanges } from './staging.ts';
import { shownPaths } from './table.ts';
import { usageFirst } from './usage-first.ts';

/** What notary asks of a new delegation; any one of its keys signs. */
const threshold = 1;

export const run: NotaryBody['run'] = async (call) => {
  const [gun, named, ...files] = call.args;
  const hasPaths = call.flags.isGiven('paths') || call.flags.isOn('all-paths');
  if (gun === undefined || named === undefined || (files.length === 0 && !hasPaths)) {
    throw usageFirst(
      call,
      'must specify the Global Unique Name and the role of the delegation along with the public key certificate paths and/or a list of paths to add',
    );
  }
  await inSession(call, async (session) => {
    const keys: PublicKey[] = [];
    for (const file of files) keys.push(await publicKey(file, call.world));
    const paths = pathsOf(call);
    const role = await withPrefix('failed to create delegation: ', () => delegationNamed(named));
    await stageChanges(gun, changesOf(role, keys, paths ?? []), session, call);
    const parts = [
      keys.length > 0 ? `with keys [${keys.map((key) => key.canonicalId).join(' ')}], ` : '',
      paths === undefined ? '' : `with paths [${shownPaths(paths).map(safe).join('\n')}], `,
    ];
    session.console.print(
      [
        '',
        `Addition of delegation role ${role} ${parts.join('')}to repository "${safe(gun)}" staged for next publish.`,
        '',
      ].join('\n'),
    );
    await maybePublish(gun, session, call);
  });
};

/** Undefined when none were named; the empty path, which allows everything, stands alone. */
function pathsOf({ flags }: NotaryCall): readonly string[] | undefined {
  const named = flags.list('paths');
  if (flags.isOn('all-paths') || named.includes('')) return [''];
  return flags.isGiven('paths') ? named : undefined;
}

/** Keys first: paths alone make no role. */
function changesOf(
  role: DelegationRole,
  addKeys: readonly PublicKey[],
  addPaths: readonly string[],
): readonly Change[] {
  return [
    ...(addKeys.length > 0 ? [delegationChange(role, 'create', { threshold, addKeys })] : []),
    ...(addPaths.length > 0 ? [delegationChange(role, 'create', { addPaths })] : []),
  ];
}

async function publicKey(file: string, world: World): Promise<PublicKey> {
  const prefix = `unable to parse valid public key certificate from PEM file ${file}: `;
  return readPublicKeyArgument(file, world, {
    unread: (failure) => unread(file, failure),
    unusable: (failure) => prefixed(prefix, failure),
  });
}

function unread(file: string, failure: Failure): Failure {
  const isMissing = failure.message.endsWith('no such file or directory');
  const message = isMissing
    ? `file for public key does not exist: ${file}`
    : `unable to read public key from file: ${file}`;
  return failure.with({ message });
}
