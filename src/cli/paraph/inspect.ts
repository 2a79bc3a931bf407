// `paraph inspect IMAGE[:TAG]`: what is signed in a repository, by whom, and until when. Everything shown has
// been verified.

import { inspectRepository } from '../../client/consume/inspect.ts';
import { refresh } from '../../client/consume/refresh.ts';
import { resolveTag } from '../../client/consume/resolve.ts';
import type { TrustedRepository } from '../../client/consume/trusted-repository.ts';
import type { ClientEvent } from '../../client/events.ts';
import { asFailure, type ExitStatus, exitStatus, type Failure } from '../../errors.ts';
import { KeyFileStore } from '../../keys/file-store.ts';
import { type ImageReference, parseReference } from '../../remote/registry.ts';
import { noPassphrases } from '../no-passphrases.ts';
import {
  type PullVerdict,
  repositoryJson,
  repositoryLines,
  tagLines,
} from '../render/repository-view.ts';
import { requireAskedDigest, requireTagBesideDigest } from './asked-digest.ts';
import type { CommandBody } from './command.ts';
import { Session } from './session.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const { args, flags } = invocation;
  const [asked = ''] = args;
  const session = await Session.open(invocation);
  try {
    const reference = parseReference(asked);
    requireTagBesideDigest(asked, reference, 'inspect');
    const { name, tag } = reference;
    const ports = session.consumer(reference, isInTable);
    const repository = await refresh(name, ports);
    const shown = {
      view: inspectRepository(repository, tag),
      nowMs: repository.nowMs,
      isFull: flags.isOn('no-trunc'),
      here: await localKeyIds(session.places.trustDir),
    };
    if (tag === undefined) {
      session.reporter.result(repositoryLines(shown), repositoryJson(shown));
      return exitStatus.done;
    }
    const refusal = refusalOf(asked, { ...reference, tag }, repository);
    if (shown.view.tags.length > 0) {
      session.reporter.result(tagLines(shown, verdictOf(refusal)), repositoryJson(shown));
    }
    if (refusal !== undefined) throw refusal;
    return exitStatus.done;
  } catch (error) {
    return report(asFailure(error), asked, session);
  } finally {
    session.close();
  }
};

/** Why a pull would not take the image; undefined when it would. */
function refusalOf(
  asked: string,
  reference: ImageReference & { readonly tag: string },
  repository: TrustedRepository,
): Failure | undefined {
  try {
    requireAskedDigest(asked, reference, resolveTag(repository, reference.tag));
    return undefined;
  } catch (error) {
    return asFailure(error);
  }
}

function verdictOf(refusal: Failure | undefined): PullVerdict {
  if (refusal === undefined) return 'accepted';
  return refusal.code === 'DIGEST_MISMATCH' ? 'other-digest' : 'refused';
}

/** Events that the tables tell. */
function isInTable({ kind }: ClientEvent): boolean {
  return kind === 'near-expiry' || kind === 'delegation-skipped';
}

async function localKeyIds(trustDir: string): Promise<ReadonlySet<string>> {
  const keys = await new KeyFileStore(trustDir, noPassphrases).list();
  return new Set(keys.map(({ id }) => id));
}

function report(failure: Failure, asked: string, session: Session): ExitStatus {
  session.reporter.failure(session.atTrustServer(failure), asked);
  return failure.exit;
}
