// `notary __complete WORD…`: what scripts of the shells ask when somebody presses Tab, those that the Go program has
// installed as well as ours (completion.ts).
import { Failure } from '../../errors.ts';
import { completionsOf } from '../cobra/complete.ts';
import type { World } from '../world.ts';
import { notaryProgram } from './commands.ts';

/** Names of the hidden command: with descriptions, and without. */
export const completeWords: readonly string[] = ['__complete', '__completeNoDesc'];

/** cobra's directives, and the line by which it tells them to whoever looks. */
const filesToo = ':0\nCompletion ended with directive: ShellCompDirectiveDefault\n';
const noFiles = ':4\nCompletion ended with directive: ShellCompDirectiveNoFileComp\n';

export function complete([name = '', ...words]: readonly string[], world: World): void {
  if (words.length === 0) throw new Failure('USAGE', 'requires at least 1 arg(s), only received 0');
  const hasAbout = name === '__complete';
  const { found, allowsFiles } = completionsOf(words, notaryProgram);
  const lines = found.map(({ text, about }) => `${hasAbout ? `${text}\t${about}` : text}\n`);
  world.stdout.write(lines.join('') + (allowsFiles ? filesToo : noFiles));
}
