// `paraph init IMAGE`: makes the keys of a repository and publishes it without a tag; with --stage it is prepared here, as
// by `notary init`, and goes up with the first `paraph publish`.

import { versionsOf } from '../../client/consume/trusted-repository.ts';
import { beginRepository } from '../../client/publish/begin.ts';
import { prepareRepository } from '../../client/publish/prepare.ts';
import { previewChanges } from '../../client/publish/preview.ts';
import { Failure } from '../../errors.ts';
import { safe } from '../render/safe-text.ts';
import { newKeysJson, publishedLines, uploadedJson, verbCell } from '../render/signing.ts';
import type { CommandBody } from './command.ts';
import { Desk, type Work } from './desk.ts';
import { mannerOf, showPreview } from './rehearsal.ts';
import { repositoryNamed } from './repository-argument.ts';
import { rootKeyOf } from './root-key-flag.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const [asked = ''] = invocation.args;
  const reference = repositoryNamed(asked, 'init');
  const request = { gun: reference.name, rootKeyId: rootKeyOf(invocation) };
  const manner = mannerOf(invocation);
  return Desk.open(invocation, (desk) =>
    desk.one(reference, (at) => {
      if (manner === 'dry-run') return lookAhead(request.gun, at);
      return manner === 'stage' ? prepare(request, at, desk) : begin(request, at, desk);
    }),
  );
};

interface Request {
  readonly gun: string;
  readonly rootKeyId: string | undefined;
}

async function begin(request: Request, { ports }: Work, desk: Desk): Promise<object> {
  const { gun } = request;
  const { keys: newKeys, uploaded, repository } = await beginRepository(request, ports);
  const versions = repository === undefined ? new Map() : versionsOf(repository.set);
  const { warnAfterwards } = desk.tellNewKeys({ gun, newKeys });
  desk.reporter.line(`${verbCell('made')}  ${safe(gun)}, with no tag yet`);
  for (const line of publishedLines({ uploaded, versions })) desk.reporter.line(line);
  warnAfterwards();
  return {
    repository: gun,
    keys: newKeysJson({ newKeys }),
    ...uploadedJson({ uploaded, versions }),
  };
}

async function prepare(request: Request, { ports }: Work, desk: Desk): Promise<object> {
  const { gun } = request;
  const { keys: newKeys } = await prepareRepository(
    { ...request, snapshotHolder: 'server' },
    ports,
  );
  const { warnAfterwards } = desk.tellNewKeys({ gun, newKeys });
  desk.reporter.line(`${verbCell('prepared')}  ${safe(gun)}`);
  desk.reporter.notice([`Not published yet. Next: paraph publish ${safe(gun)}`], {
    kind: 'staged',
    gun,
  });
  warnAfterwards();
  return { repository: gun, keys: newKeysJson({ newKeys }), uploaded: [], versions: {} };
}

async function lookAhead(gun: string, at: Work): Promise<object> {
  const preview = await previewChanges(gun, [], at.ports);
  if (preview.repository === 'published') {
    throw new Failure('ALREADY_INITIALISED', `${gun} is signed already`);
  }
  return showPreview(preview, at);
}
