// How docker trust ends when something failed: the words on stderr, and 1. Where they are ours and not docker's, what can
// be done is said below them; with -D, all that is known.
import { asFailure, catalogue, Failure } from '../../errors.ts';
import { safe, safeLines } from '../render/safe-text.ts';
import type { World } from '../world.ts';
import type { GlobalFlags } from './global-flags.ts';

export function reportFailure(error: unknown, { stderr }: World, { isDebug }: GlobalFlags): 1 {
  const failure = asFailure(error);
  const lines = isDebug ? allLines(failure) : failureLines(failure);
  stderr.write(lines.map((line) => `${line}\n`).join(''));
  return 1;
}

/** Advice about the command line of `paraph`, and about names of roles, which nobody types here. */
const foreignAdvice: readonly string[] = [catalogue.USAGE.remedy, catalogue.ROLE_INVALID.remedy];

/** What is told of a failure in any case. */
export function failureLines({ message, remedy }: Failure): readonly string[] {
  const isUseful = remedy !== '' && !foreignAdvice.includes(remedy);
  return [safeLines(message), ...(isUseful ? [indented(remedy)] : [])];
}

/** The failure and all that caused it, with codes, facts and meanings. */
function allLines(failure: Failure): readonly string[] {
  const lines = [safeLines(failure.message)];
  for (let at: unknown = failure; at instanceof Error; at = at.cause) {
    if (!(at instanceof Failure)) {
      lines.push(`  cause: ${safe(at.message)}`);
      continue;
    }
    lines.push(`  [${at.code}] ${safe(at.message)}`);
    for (const [name, value] of Object.entries(at.facts)) lines.push(`    ${name}: ${safe(value)}`);
    if (at.meaning !== undefined) lines.push(indented(at.meaning));
    if (at.remedy !== '') lines.push(indented(at.remedy));
  }
  return lines;
}

function indented(text: string): string {
  return safeLines(text.replace(/^/gm, '  '));
}
