// What notary says where we have a coded failure (notary CLI §5): one table from codes and facts to Go's words. What
// is not in it is said in ours.
import type { ErrorCode, Failure } from '../../errors.ts';

type Words = (failure: Failure) => string;

const words: Partial<Readonly<Record<ErrorCode, Words>>> = {};

export function fatalWords(failure: Failure): string {
  return words[failure.code]?.(failure) ?? failure.message;
}
