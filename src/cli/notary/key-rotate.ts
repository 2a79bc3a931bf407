// `notary key rotate GUN ROLE`: replaces the key of a role, and publishes that at once (client store §9.3).
import { type Rotation, type RotationRequest, rotateKeys } from '../../client/publish/rotate.ts';
import { type KeyHolder, requireRotatable } from '../../client/publish/rotation-rules.ts';
import type { KeyFilePorts } from '../ports.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody, NotaryCall } from './command.ts';
import { importRoleKey } from './key-files.ts';
import { withPublisher } from './publisher.ts';
import { inSession, type NotarySession } from './session.ts';
import { usageFirst } from './usage-first.ts';

const rootQuestion = [
  'Warning: you are about to rotate your root key.',
  '',
  'You must use your old key to sign this root rotation.',
  'Are you sure you want to proceed?  (yes/no)  ',
].join('\n');

export const run: NotaryBody['run'] = async (call) => {
  const [gun, role] = call.args;
  if (gun === undefined || role === undefined) {
    throw usageFirst(call, 'Must specify a GUN and a key role to rotate');
  }
  const holder: KeyHolder = call.flags.isOn('server-managed') ? 'server' : 'local';
  requireRotatable(role, holder); // before anything is asked or imported
  await inSession(call, async (session) => {
    const server = await session.server('write');
    if (role === 'root' && !(await session.console.confirms(rootQuestion))) {
      session.console.print('\nAborting action.');
      return;
    }
    await withPublisher(session, server, call, async (ports) => {
      tell(await rotate({ gun, role, holder }, call, ports), session);
    });
    session.console.print(`Successfully rotated ${safe(role)} key for repository ${safe(gun)}`);
  });
};

async function rotate(
  { gun, role, holder }: Pick<RotationRequest, 'gun' | 'role' | 'holder'>,
  { flags, world }: NotaryCall,
  ports: KeyFilePorts,
): Promise<Rotation> {
  const keyIds: string[] = [];
  for (const file of flags.list('key')) {
    keyIds.push(await importRoleKey(file, { role, gun }, ports.keys, world));
  }
  const legacyRoots = legacyOf(Number(flags.integer('legacy')));
  return rotateKeys(
    {
      gun,
      role,
      holder,
      ...(keyIds.length > 0 ? { keyIds } : {}),
      ...(legacyRoots === 0 ? {} : { legacyRoots }),
    },
    ports,
  );
}

/** As in notary, -1 is all of them, and 0 none. */
function legacyOf(count: number): number {
  if (count === -1) return Number.POSITIVE_INFINITY;
  return Math.max(count, 0);
}

/** What is left of the old keys, and who goes on trusting them. */
function tell({ oldKeys, stillTrustedBy }: Rotation, { console }: NotarySession): void {
  for (const { id, problem } of oldKeys) {
    if (problem !== undefined) console.log('warning', `old key ${id} is kept: ${problem.message}`);
  }
  for (const role of stillTrustedBy) {
    console.log('warning', `${role} lists the old key, and goes on trusting it`);
  }
}
