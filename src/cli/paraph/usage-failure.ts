// A wrong command line as a failure like any other. Every one ends by pointing to the examples in the same words.
import { Failure } from '../../errors.ts';
import type { WrongCall } from './grammar.ts';

/** Flags by which people try to hand over a passphrase. */
const passphraseFlag = /^unknown option '--?pass/;

export function usageFailure(call: WrongCall): Failure {
  const hints = [
    ...(passphraseFlag.test(call.problem) ? [noPassphrase(call)] : []),
    ...(call.suggestions.length > 0 ? [`Nearest: ${call.suggestions.join(', ')}`] : []),
  ];
  return wrongValue(call.problem, { hints, command: call.command });
}

/** A flag or argument whose value cannot be. @param about what to say before the examples, and whose examples */
export function wrongValue(
  problem: string,
  about: {
    readonly hints?: readonly string[];
    readonly command?: string | undefined;
    readonly facts?: Readonly<Record<string, string>>;
  } = {},
): Failure {
  const examples = about.command === undefined ? 'paraph help' : `paraph ${about.command} --help`;
  return new Failure('USAGE', problem, {
    ...(about.facts === undefined ? {} : { facts: about.facts }),
    remedy: [...(about.hints ?? []), `Examples: ${examples}`].join('\n'),
  });
}

function noPassphrase({ command, flags }: WrongCall): string {
  const never = 'A passphrase is never an argument: everybody on the machine can read those.';
  if (command !== undefined && !flags.some(({ name }) => name.startsWith('passphrase-'))) {
    return `${never} And paraph ${command} opens no key, so it needs none.`;
  }
  return (
    `${never} Use a prompt, the variables DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE and ` +
    'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE, --passphrase-file or --passphrase-fd.'
  );
}
