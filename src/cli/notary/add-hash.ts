// `notary addhash GUN TARGET SIZE`: stages a target by its size and hashes alone.
import { targetChange } from '../../client/trustdir/change.ts';
import { Failure } from '../../errors.ts';
import { goParseInt } from '../go-text/integer.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody, NotaryCall } from './command.ts';
import { inSession } from './session.ts';
import { maybePublish, stageChanges } from './staging.ts';
import { targetCustom } from './target-custom.ts';
import { targetRoles } from './target-roles.ts';
import { usageFirst } from './usage-first.ts';

/** Digits of a hash in hexadecimal, by the flag that gives it. */
const digits = [
  ['sha256', 64],
  ['sha512', 128],
] as const;

export const run: NotaryBody['run'] = async (call) => {
  const [gun, name, size] = call.args;
  const isHashed = digits.some(([algorithm]) => call.flags.text(algorithm) !== '');
  if (gun === undefined || name === undefined || size === undefined || !isHashed) {
    throw usageFirst(
      call,
      'Must specify a GUN, target, byte size of target data, and at least one hash',
    );
  }
  await inSession(call, async (session) => {
    const custom = await targetCustom(call);
    const length = readSize(size);
    const hashes = readHashes(call);
    const target = { length, hashes, ...custom };
    const changes = targetRoles(call).map((role) => targetChange(role, name, target));
    await stageChanges(gun, changes, session, call);
    const algorithms = [...hashes.keys()].join(', ');
    session.console.print(
      `Addition of target "${safe(name)}" by ${algorithms} hash to repository "${safe(gun)}" staged for next publish.`,
    );
    await maybePublish(gun, session, call);
  });
};

function readSize(text: string): number {
  const read = goParseInt(text);
  if (read.kind === 'wrong') throw new Failure('USAGE', read.message);
  const size = Number(read.value);
  if (size >= 0 && Number.isSafeInteger(size)) return size;
  throw new Failure('USAGE', `${text} is not the size of anything in bytes`);
}

function readHashes({ flags }: NotaryCall): ReadonlyMap<string, Buffer> {
  const hashes = new Map<string, Buffer>();
  for (const [algorithm, length] of digits) {
    const hex = flags.text(algorithm);
    if (hex === '') continue;
    // Go counts bytes.
    if (Buffer.byteLength(hex) !== length) {
      throw new Failure('USAGE', `invalid ${algorithm} hex contents provided`);
    }
    const [stray] = /[^\da-f]/i.exec(hex) ?? [];
    if (stray !== undefined) {
      throw new Failure('USAGE', `encoding/hex: invalid byte: ${byteName(stray)}`);
    }
    hashes.set(algorithm, Buffer.from(hex, 'hex'));
  }
  return hashes;
}

/** Go's `%#U`, of the first byte. */
function byteName(stray: string): string {
  const [byte = 0] = Buffer.from(stray);
  const character = String.fromCharCode(byte);
  const shown = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character) ? ` '${character}'` : '';
  return `U+${byte.toString(16).toUpperCase().padStart(4, '0')}${shown}`;
}
