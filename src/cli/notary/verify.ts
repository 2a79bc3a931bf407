// `notary verify GUN TARGET`: passes content on if it is what the publisher signed, and nothing of it otherwise.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Failure } from '../../errors.ts';
import type { Target } from '../../tuf/target-table.ts';
import { fileFailure } from '../file-failure.ts';
import type { NotaryBody, NotaryCall } from './command.ts';
import { writeOutputFile } from './output-file.ts';
import { withPrefix } from './prefix.ts';
import { inSession } from './session.ts';
import { usageFirst } from './usage-first.ts';
import { wantedTarget } from './wanted-target.ts';

export const run: NotaryBody['run'] = async (call) => {
  const [gun, name] = call.args;
  if (gun === undefined || name === undefined) {
    throw usageFirst(call, 'Must specify a GUN and target');
  }
  await inSession(call, async (session) => {
    const content = await readContent(call);
    const { target } = await withPrefix(`error retrieving target by name:${name}, error:`, () =>
      wantedTarget(gun, name, session),
    );
    requireSame(content, name, target);
    await passOn(content, call);
  });
};

/** What -i names, else stdin: all of it, as it is passed on only once it was checked. */
async function readContent({ flags, world }: NotaryCall): Promise<Buffer> {
  const input = flags.text('input');
  if (input === '') return buffer(world.stdin());
  try {
    return await buffer(createReadStream(resolve(world.workingDir, input)));
  } catch (error) {
    throw fileFailure('open', input, error);
  }
}

/** Every hash that is known here must fit, and one must be there. */
function requireSame(content: Buffer, name: string, { hashes }: Target): void {
  let compared = 0;
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const expected = hashes.get(algorithm);
    if (expected === undefined) continue;
    compared += 1;
    const actual = createHash(algorithm).update(content).digest();
    if (actual.length === expected.length && timingSafeEqual(actual, expected)) continue;
    const hex = expected.toString('hex');
    throw mismatch(`${algorithm} checksum for ${name} did not match: expected ${hex}`);
  }
  if (compared === 0) {
    throw mismatch(`${name} checksums for supported algorithms were not provided`);
  }
}

function mismatch(what: string): Failure {
  const message = `data not present in the trusted collection, ${what}`;
  return new Failure('DIGEST_MISMATCH', message);
}

async function passOn(content: Buffer, { flags, world }: NotaryCall): Promise<void> {
  if (flags.isOn('quiet')) return;
  const output = flags.text('output');
  if (output === '') {
    world.stdout.write(content);
    return;
  }
  await writeOutputFile(output, content, world);
}
