// docker's questions that take `y` and nothing else for a yes; the end of the input is a no.
import { readLine } from '../line.ts';
import type { World } from '../world.ts';

/** @param question fit to be shown */
export async function confirms(question: string, { stdin, stdout }: World): Promise<boolean> {
  stdout.write(`${question} [y/N] `);
  const answer = await readLine(stdin());
  return answer?.toString().trim().toLowerCase() === 'y';
}
