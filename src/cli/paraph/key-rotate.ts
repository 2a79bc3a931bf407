// `paraph key rotate IMAGE ROLE`: replaces the keys of a role, and publishes that at once (client store §9.3).
//
// Invariants: what can be refused is refused before anything is asked; nothing is told as replaced, and no key file goes,
// before the server has confirmed it.
import { type Rotation, type RotationRequest, rotateKeys } from '../../client/publish/rotate.ts';
import { previewRotation } from '../../client/publish/rotation-preview.ts';
import { type KeyHolder, requireRotatable } from '../../client/publish/rotation-rules.ts';
import { asFailure, Failure } from '../../errors.ts';
import type { KeyStore } from '../../keys/key-store.ts';
import { placeOf } from '../places.ts';
import {
  rotationJson,
  rotationLines,
  rotationNotices,
  rotationPlan,
  rotationPlanJson,
} from '../render/rotation.ts';
import type { CommandBody, Invocation } from './command.ts';
import { Desk, type Work } from './desk.ts';
import { keyNamed, requireKeyId } from './named-key.ts';
import { confirmed } from './question.ts';
import { mannerOf, missingKeys } from './rehearsal.ts';
import { repositoryNamed } from './repository-argument.ts';
import { wrongValue } from './usage-failure.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const [asked = '', role = ''] = invocation.args;
  const reference = repositoryNamed(asked, invocation.name);
  const isLook = mannerOf(invocation) === 'dry-run';
  const wish = { gun: reference.name, ...wishOf(role, invocation) };
  return Desk.open(invocation, (desk) =>
    desk.one(reference, async (at) => {
      const keyIds = await keysNamed(invocation, at.ports.keys);
      const request = { ...wish, ...(keyIds.length === 0 ? {} : { keyIds }) };
      if (isLook) return look(request, at);
      return (await mayGoOn(request, invocation)) ? rotate(request, at, invocation) : at.decline();
    }),
  );
};

type Wish = Pick<RotationRequest, 'role' | 'holder' | 'legacyRoots'>;

/** @throws Failure USAGE, ROLE_INVALID */
function wishOf(role: string, invocation: Invocation): Wish {
  const holder = holderOf(role, invocation);
  try {
    requireRotatable(role, holder);
  } catch (error) {
    throw inOurWords(asFailure(error), role, invocation);
  }
  const { flags, name: command } = invocation;
  if (holder === 'server' && flags.texts('key').length > 0) {
    throw wrongValue('the server makes its keys itself: none can be given to it', { command });
  }
  for (const id of flags.texts('key')) requireKeyId(id, command);
  return { role, holder, legacyRoots: formerRoots(role, invocation) };
}

/** Where the new key is to be. A snapshot key can be with either, so it is never moved by default. */
function holderOf(role: string, { flags, name: command, args }: Invocation): KeyHolder {
  const toServer = flags.isOn('to-server');
  const toHere = flags.isOn('to-here');
  if (toServer && toHere) {
    throw wrongValue('--to-server and --to-here do not go together', { command });
  }
  if (toServer || toHere) return toServer ? 'server' : 'local';
  if (role !== 'snapshot') return role === 'timestamp' ? 'server' : 'local';
  const again = `  paraph key rotate ${args[0] ?? 'IMAGE'} snapshot`;
  throw wrongValue('who is to hold the new snapshot key?', {
    command,
    hints: [
      'The server, so that whoever has a targets or delegation key can publish; or this machine alone:',
      `${again} --to-server\n${again} --to-here`,
    ],
  });
}

function inOurWords(failure: Failure, role: string, { args, name: command }: Invocation): Failure {
  const image = args[0] ?? 'IMAGE';
  if (role === 'timestamp') {
    return wrongValue('the timestamp key is always with the server', { command });
  }
  if (role === 'root' || role === 'targets') {
    return wrongValue(`the server cannot hold the ${role} key`, { command });
  }
  return new Failure(
    failure.code,
    `the keys of ${JSON.stringify(role.slice(0, 255))} are not rotated`,
    {
      meaning:
        'Rotated are root, targets, snapshot and timestamp. Keys of a delegation are added and removed.',
      remedy: `For another key of a signer:\n  paraph signer add NAME ${image} --key NEW.pub\n  paraph signer remove NAME ${image} --key OLD-ID`,
    },
  );
}

/** How many roots back also sign. @throws Failure USAGE */
function formerRoots(role: string, { flags, name: command }: Invocation): number | undefined {
  const text = flags.text('former-roots');
  if (text === undefined) return undefined;
  if (role !== 'root') throw wrongValue('--former-roots is for the root key', { command });
  if (text === 'all') return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw wrongValue(`--former-roots ${text} is neither a number nor all`, { command });
}

/** Keys that are here already and take the role. @throws Failure KEY_NOT_FOUND */
async function keysNamed(
  { flags, name: command }: Invocation,
  store: KeyStore,
): Promise<readonly string[]> {
  const named = flags.texts('key');
  if (named.length === 0) return [];
  const keys = await store.list();
  return named.map((id) => keyNamed(id, keys, command).id);
}

/** Only a root rotation can cut somebody off. */
async function mayGoOn({ role, gun }: RotationRequest, invocation: Invocation): Promise<boolean> {
  if (role !== 'root') return true;
  const loss =
    `The root key of ${gun} gives way to another. Consumers follow by themselves, except for those who pin the old ` +
    'key: they refuse the repository until their pins name the new one.';
  return confirmed({ loss, subject: gun }, invocation);
}

async function look(request: RotationRequest, { ports, reporter, refuse }: Work): Promise<object> {
  const preview = await previewRotation(request, ports);
  for (const line of rotationPlan(preview, ports.server.url)) reporter.line(line);
  const failure = missingKeys(preview);
  if (failure !== undefined) refuse(failure);
  return rotationPlanJson(preview);
}

async function rotate(
  request: RotationRequest,
  { ports, reporter }: Work,
  { world }: Invocation,
): Promise<object> {
  const done: Rotation = await rotateKeys(request, ports);
  const place = placeOf(world);
  for (const line of rotationLines(done, place)) reporter.line(line);
  for (const { lines, data } of rotationNotices(done, place)) reporter.notice(lines, data);
  return rotationJson(done);
}
