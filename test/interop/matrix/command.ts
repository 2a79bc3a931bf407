// Runs a client program for a step of a cell. What went wrong is told with the command, so that it can be tried
// by hand.
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Invocation, Person } from '../../peers/person.ts';
import type { Outcome } from '../../peers/program.ts';

/** The program, by its path, and its first arguments. */
export type Command = readonly string[];

export interface Call extends Invocation {
  readonly command: Command;
  readonly args: readonly string[];
}

/** Publishes that one publisher tries before a race counts as lost. */
const raceTries = 30;

/** sha256 in hex. */
export const digestOf = (content: string): string =>
  createHash('sha256').update(content).digest('hex');

/** @throws Error when it fails, with the call as it can be typed and all that was printed */
export async function mustDo(who: Person, call: Call): Promise<Outcome> {
  const outcome = await who.run(call.command, call.args, call);
  if (outcome.status !== 0) throw new Error(told(who, call, outcome));
  return outcome;
}

function told(who: Person, { command, args, env }: Call, { status, text }: Outcome): string {
  const settings = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`);
  const line = [...settings, ...command.map((word) => basename(word)), ...args].join(' ');
  return `${basename(who.home)}$ ${line}\nstatus ${status}\n${text.trimEnd()}`;
}

/** The id of the private key that `make` puts into the trust directory. */
export async function newKeyId(person: Person, make: () => Promise<unknown>): Promise<string> {
  const before = await keyIds(person);
  await make();
  const made = (await keyIds(person)).filter((id) => !before.includes(id));
  if (made.length !== 1 || made[0] === undefined) throw new Error(`made ${made.length} keys`);
  return made[0];
}

async function keyIds(person: Person): Promise<readonly string[]> {
  const files = await readdir(join(person.trustDir, 'private')).catch(() => []);
  return files.map((file) => basename(file, '.key'));
}

/** Repeats `publish` for as long as it fails with words that mean that somebody else was faster. */
export async function untilNotTooLate(
  tooLate: RegExp,
  publish: () => Promise<unknown>,
): Promise<void> {
  for (let left = raceTries; ; left -= 1) {
    try {
      await publish();
      return;
    } catch (error) {
      if (left === 0 || !tooLate.test(String(error))) throw error;
    }
  }
}
