// What notary says where we have a coded failure (notary CLI §6): Go's words for what failed at a trust server, and those
// of notary alone. What has none is said in ours.
import type { Failure } from '../../errors.ts';
import { goWords } from '../go-text/failure-words.ts';

/** What an offline server answers to everything, whatever the reason. */
export const offlineWords = 'client is offline';

export function fatalWords(failure: Failure): string {
  const { code, message } = failure;
  if (code === 'UNREACHABLE' && message.startsWith(offlineWords)) return offlineWords;
  return goWords(failure);
}
