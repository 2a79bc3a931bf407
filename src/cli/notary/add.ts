// `notary add GUN TARGET FILE`: stages a file as a target, by what it holds now.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { targetChange } from '../../client/trustdir/change.ts';
import { fileFailure } from '../file-failure.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { inSession } from './session.ts';
import { maybePublish, stageChanges } from './staging.ts';
import { targetCustom } from './target-custom.ts';
import { targetRoles } from './target-roles.ts';
import { usageFirst } from './usage-first.ts';

export const run: NotaryBody['run'] = async (call) => {
  const [gun, name, path] = call.args;
  if (gun === undefined || name === undefined || path === undefined) {
    throw usageFirst(call, 'Must specify a GUN, target, and path to target data');
  }
  await inSession(call, async (session) => {
    const custom = await targetCustom(call);
    const measured = await measure(resolve(call.world.workingDir, path), path);
    const target = { ...measured, ...custom };
    const changes = targetRoles(call).map((role) => targetChange(role, name, target));
    await stageChanges(gun, changes, session, call);
    session.console.print(
      `Addition of target "${safe(name)}" to repository "${safe(gun)}" staged for next publish.`,
    );
    await maybePublish(gun, session, call);
  });
};

/** Length and both hashes, as notary takes them. */
async function measure(path: string, named: string) {
  const sha256 = createHash('sha256');
  const sha512 = createHash('sha512');
  let length = 0;
  try {
    const content: AsyncIterable<Buffer> = createReadStream(path);
    for await (const chunk of content) {
      sha256.update(chunk);
      sha512.update(chunk);
      length += chunk.length;
    }
  } catch (error) {
    throw fileFailure('open', named, error);
  }
  const hashes = new Map([
    ['sha256', sha256.digest()],
    ['sha512', sha512.digest()],
  ]);
  return { length, hashes };
}
