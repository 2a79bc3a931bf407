// How notary ends when something failed (notary CLI §6): an empty line and `* fatal: …` on stdout, in Go's words as far as
// there are some. What is ours, the code and what to do, is one line of the log on stderr; -v adds the facts.
//
// Nothing is said on stderr about a call that was wrong: stdout says it, and scripts may expect silence there.
import { asFailure, Failure } from '../../errors.ts';
import { ProgramLog } from '../go-text/log-line.ts';
import { safe } from '../render/safe-text.ts';
import type { World } from '../world.ts';
import { fatalWords } from './failure-words.ts';

const abortedWords = 'Aborting action.';

/** What a command throws whose question was answered with no; notary leaves no empty line before it. */
export function aborted(): Failure {
  return new Failure('USAGE', abortedWords);
}

/** @param isVerbose whether facts and meaning are told too */
export function reportFatal(error: unknown, world: World, isVerbose: boolean): void {
  const failure = asFailure(error);
  const distance = failure.message === abortedWords ? '' : '\n';
  world.stdout.write(`${distance}* fatal: ${fit(fatalWords(failure))}\n`);
  if (failure.code === 'USAGE') return;
  const { code, facts, meaning, remedy } = failure;
  const more = [...Object.entries(facts).map((fact) => fact.join(': ')), meaning ?? ''];
  const lines = [`${code}: ${remedy}`, ...(isVerbose ? more.filter((line) => line !== '') : [])];
  const log = new ProgramLog(world);
  for (const line of lines) log.line('error', line);
}

/** Fit to be shown, with the lines and tabs that our own words have. */
function fit(text: string): string {
  const line = (part: string): string => part.split('\t').map(safe).join('\t');
  return text.split('\n').map(line).join('\n');
}
