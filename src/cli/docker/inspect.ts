// `docker trust inspect [--pretty] IMAGE[:TAG]…`: what is signed, by whom, and the keys. Everything shown is verified.
//
// docker flattens every failure to `no signatures or cannot access X`; ours says below it what the matter was.
import { refresh } from '../../client/consume/refresh.ts';
import { asFailure, Failure } from '../../errors.ts';
import { safeJson } from '../render/safe-text.ts';
import type { DockerBody } from './command.ts';
import { readReference } from './reference.ts';
import { reportFailure } from './report-failure.ts';
import { type DockerSession, withSession } from './session.ts';
import { trustJson, trustPretty } from './trust-text.ts';
import { type TrustView, trustView } from './trust-view.ts';
import { notaryError } from './words.ts';

const jsonIndent = 4;

export const run: DockerBody['run'] = (call) =>
  withSession(call, (session) =>
    call.flags.isOn('pretty')
      ? inspectPretty(call.args, session, call.world)
      : inspectJson(call, session),
  );

/** Ends with the first that fails. */
async function inspectPretty(
  names: readonly string[],
  session: DockerSession,
  { stdout }: Parameters<DockerBody['run']>[0]['world'],
): Promise<0> {
  for (const [index, name] of names.entries()) {
    const view = await look(name, session);
    stdout.write(`${trustPretty(name, view)}${index === names.length - 1 ? '' : '\n\n'}`);
  }
  return 0;
}

/** What worked is printed, then what failed. */
async function inspectJson(
  { args, world, globals }: Parameters<DockerBody['run']>[0],
  session: DockerSession,
): Promise<0 | 1> {
  const shown: object[] = [];
  const failures: Failure[] = [];
  for (const name of args) {
    try {
      shown.push(trustJson(name, await look(name, session)));
    } catch (error) {
      failures.push(asFailure(error));
    }
  }
  world.stdout.write(`${safeJson(shown, jsonIndent)}\n`);
  for (const failure of failures) reportFailure(failure, world, globals);
  return failures.length === 0 ? 0 : 1;
}

/** @throws Failure with docker's flat words and the true cause below them */
async function look(name: string, session: DockerSession): Promise<TrustView> {
  const reference = readReference(name);
  const ports = session.consumer(reference);
  const gun = reference.name;
  try {
    const repository = await refresh(gun, ports);
    return trustView(repository, reference.digest === undefined ? reference.tag : undefined);
  } catch (error) {
    const failure = asFailure(error);
    const { message, remedy } = session.atTrustServer(notaryError(failure, gun));
    throw new Failure(failure.code, `no signatures or cannot access ${name}\n${message}`, {
      cause: failure,
      remedy,
    });
  }
}
