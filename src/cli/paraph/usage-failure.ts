// A wrong command line as a failure like any other.
import { Failure } from '../../errors.ts';
import type { WrongCall } from './grammar.ts';

/** Flags by which people try to hand over a passphrase. */
const passphraseFlag = /^unknown option '--?pass/;

export function usageFailure(call: WrongCall): Failure {
  const help = call.command === undefined ? 'paraph help' : `paraph ${call.command} --help`;
  const hints = [
    ...(passphraseFlag.test(call.problem) ? [noPassphrase] : []),
    ...(call.suggestions.length > 0 ? [`Nearest: ${call.suggestions.join(', ')}`] : []),
    `Examples: ${help}`,
  ];
  return new Failure('USAGE', call.problem, { remedy: hints.join('\n') });
}

const noPassphrase =
  'A passphrase is never an argument: everybody on the machine can read those. Use a prompt, the variables ' +
  'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE and DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE, --passphrase-file or --passphrase-fd.';
