// `notary reset GUN`: takes back what was staged.
import { Failure } from '../../errors.ts';
import { safe } from '../render/safe-text.ts';
import type { NotaryBody } from './command.ts';
import { gunOf } from './gun-argument.ts';
import { inSession } from './session.ts';
import { usageFirst } from './usage-first.ts';

export const run: NotaryBody['run'] = async (call) => {
  const gun = gunOf(call);
  const numbers = call.flags.integers('number');
  const isAll = call.flags.isOn('all');
  if (!isAll && numbers.length === 0) {
    throw usageFirst(call, 'Must specify changes to reset with -n or the --all flag');
  }
  await inSession(call, async ({ console, directory }) => {
    const { changeList } = directory.repository(gun);
    const names = (await changeList.list()).map(({ name }) => name);
    await changeList.remove(isAll ? names : numbers.map((number) => chosen(names, number)));
    console.print(`Successfully reset specified changes for repository ${safe(gun)}`);
  });
};

/** Go passes over a number that there is not, and reports success. */
function chosen(names: readonly string[], number: bigint): string {
  const name = number < 0n || number >= BigInt(names.length) ? undefined : names[Number(number)];
  if (name !== undefined) return name;
  throw new Failure('USAGE', `there is no staged change with number ${number}`, {
    remedy: 'Take the numbers that notary status shows. Nothing was reset.',
  });
}
