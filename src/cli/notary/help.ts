// `notary help COMMAND…`: the help of another command; of a word that is none, the usage of the program.
import { findCommand, unknownCommand } from '../cobra/parse.ts';
import { cobraUsage, helpText } from '../cobra/usage.ts';
import { goRawQuote } from '../go-text/quote.ts';
import type { NotaryBody } from './command.ts';

export const run: NotaryBody['run'] = ({ path: [program], args, world }) => {
  const found = findCommand(args, [program]);
  if (unknownCommand(found) === undefined) {
    world.stdout.write(helpText(found.path));
  } else {
    const topic = args.map(goRawQuote).join(' ');
    const usage = cobraUsage([program], { hasHelpFlag: false });
    world.stdout.write(`Unknown help topic [${topic}]\n${usage}`);
  }
  return Promise.resolve();
};
