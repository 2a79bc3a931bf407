// Who plays a journey: the Go programs of the documentation, or ours in their place. docker itself, which pushes, pulls
// and builds, is docker 28 for both.
import { peer } from '../../peers/peers.ts';
import { type Invocation, ourProgram, type Person } from '../../peers/person.ts';
import { mustRun, type Outcome } from '../../peers/program.ts';
import { expectDone } from '../outcome.ts';

export interface Team {
  readonly name: string;
  /** Part of the names of repositories and homes. */
  readonly key: string;
  readonly notary: readonly string[];
  /** `docker trust`, or what stands for it. */
  readonly trust: readonly string[];
}

export const teams: readonly Team[] = [
  {
    name: 'notary and docker trust',
    key: 'go',
    notary: [peer('notary')],
    trust: [peer('docker-28'), 'trust'],
  },
  {
    name: 'paraph notary and docker-trust',
    key: 'ours',
    notary: [...ourProgram('paraph'), 'notary'],
    trust: ourProgram('docker-trust'),
  },
];

export const trusted = { DOCKER_CONTENT_TRUST: '1' };

/** Runs a line as documented, words separated by blanks. */
export function play(
  who: Person,
  program: readonly string[],
  line: string,
  how: Invocation = {},
): Promise<Outcome> {
  return who.run(program, line.split(' '), how);
}

/** As `play`, for a line that must succeed. @returns what it printed on both streams */
export async function done(
  who: Person,
  program: readonly string[],
  line: string,
  how: Invocation = {},
): Promise<string> {
  const outcome = await play(who, program, line, how);
  expectDone(outcome);
  return outcome.text;
}

/** The three lines of openssl of the documentation: NAME.key, NAME.csr, NAME.crt in the home. */
export async function documentedKey(who: Person, name: string): Promise<void> {
  const openssl = (line: string) => mustRun(peer('openssl'), line.split(' '), { cwd: who.home });
  await openssl(`genrsa -out ${name}.key 2048`);
  await openssl(`req -new -sha256 -key ${name}.key -out ${name}.csr -subj /CN=${name}`);
  const made = `-in ${name}.csr -signkey ${name}.key -out ${name}.crt`;
  await openssl(`x509 -req -sha256 -days 365 ${made}`);
}

/** The digest that a trusted pull is given, in hex; or why there is none. */
export async function pulled(who: Person, image: string): Promise<string> {
  const { text } = await who.docker(['pull', image], trusted);
  return /^Pull \(1 of 1\): \S+@sha256:([0-9a-f]{64})$/m.exec(text)?.[1] ?? text;
}
