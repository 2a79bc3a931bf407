// `notary lookup GUN TARGET`: digest and size of one target.
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { inSession } from './session.ts';
import { usageFirst } from './usage-first.ts';
import { wantedTarget } from './wanted-target.ts';

export const run: NotaryBody['run'] = async (call) => {
  const [gun, name] = call.args;
  if (gun === undefined || name === undefined) {
    throw usageFirst(call, 'Must specify a GUN and target');
  }
  await inSession(call, async (session) => {
    const { target } = await wantedTarget(gun, name, session);
    const digest = target.hashes.get('sha256')?.toString('hex') ?? '';
    session.console.print(`${safe(name)} sha256:${digest} ${target.length}`);
  });
};
