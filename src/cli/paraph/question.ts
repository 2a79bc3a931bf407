// A question before something is lost: it names what, takes `yes` or the name of what it is about, and defaults to no.
// Where there is no terminal to ask at, the command fails at once and names the flag that answers.
import { readLine } from '../line.ts';
import { safe } from '../render/safe-text.ts';
import { wrap } from '../render/wrap.ts';
import type { Invocation } from './command.ts';
import { wrongValue } from './usage-failure.ts';

const questionWidth = 100;

export interface Question {
  /** What is lost, in whole sentences. */
  readonly loss: string;
  /** A name that answers as well as `yes` does. */
  readonly subject: string;
}

/** Whether to go on. @throws Failure USAGE where nobody can be asked and `--yes` was not given */
export async function confirmed(
  { loss, subject }: Question,
  { name: command, flags, world }: Invocation,
): Promise<boolean> {
  if (flags.isOn('yes')) return true;
  const { input, output } = world.terminalStreams();
  if (input.isTTY !== true || output.isTTY !== true) {
    throw wrongValue(`${command} asks before it begins, and there is no terminal to ask at`, {
      command,
      facts: { question: loss },
      hints: ['Nothing was changed. To answer beforehand, add --yes.'],
    });
  }
  const lines = wrap(safe(loss), questionWidth, '').join('\n');
  output.write(`${lines}\nGo on? Type yes, or ${safe(subject)}; anything else is no: `);
  const answer = (await readLine(world.stdin()))?.toString().trim();
  if (answer === undefined) output.write('\n');
  return answer?.toLowerCase() === 'yes' || answer === subject;
}
