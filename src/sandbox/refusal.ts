// What makes a refusal of the story a refusal: its own code, its own exit status, and nothing to pull by.
import { asFailure, catalogue, type ErrorCode, Failure } from '../errors.ts';
import type { Outcome } from './person.ts';

/** @throws Failure INTERNAL when the command did not refuse with `code` */
export function requireRefusal(outcome: Outcome, code: ErrorCode): void {
  const { status, stdout, stderr } = outcome;
  if (status === catalogue[code].exit && stdout === '' && stderr.includes(`[${code}]`)) return;
  throw notRefused(code, { status: String(status), stdout, stderr });
}

/** What `work` was refused with. @throws Failure INTERNAL when it was not refused with `code` */
export async function refusalOf(work: () => Promise<unknown>, code: ErrorCode): Promise<Failure> {
  let failure: Failure;
  try {
    await work();
    throw notRefused(code, { outcome: 'it went through' });
  } catch (error) {
    failure = asFailure(error);
  }
  if (failure.code === code) return failure;
  throw notRefused(code, { outcome: `${failure.message} [${failure.code}]` });
}

function notRefused(code: ErrorCode, facts: Readonly<Record<string, string>>): Failure {
  return new Failure('INTERNAL', `the sandbox met something that was not refused as ${code}`, {
    facts,
    meaning: 'This is a defect in Paraph, or something else on this machine interferes.',
  });
}
