// `paraph delete IMAGE`: forgets the trust data of a repository on this machine; with --remote the server deletes it first,
// for everybody. Private keys stay.
import { forgetRepository } from '../../client/publish/forget.ts';
import { placeOf } from '../places.ts';
import { safe } from '../render/safe-text.ts';
import { proseId } from '../render/short-id.ts';
import { verbCell } from '../render/signing.ts';
import type { CommandBody } from './command.ts';
import { Desk, type Work } from './desk.ts';
import { confirmed } from './question.ts';
import { repositoryNamed } from './repository-argument.ts';

export const run: CommandBody['run'] = async (invocation) => {
  const { args, flags, world } = invocation;
  const [asked = ''] = args;
  const reference = repositoryNamed(asked, 'delete');
  const gun = reference.name;
  const remote = flags.isOn('remote');
  return Desk.open(invocation, (desk) =>
    desk.one(reference, async (at) => {
      const { changeList } = at.ports.directory.repository(gun);
      const staged = (await changeList.list()).length;
      const loss = lossOf({ gun, remote, staged, server: at.ports.server.url });
      if (!(await confirmed({ loss, subject: gun }, invocation))) return at.decline();
      const place = placeOf(world)(desk.session.places.trustDir);
      return forget({ gun, remote, place }, at);
    }),
  );
};

async function forget(
  {
    gun,
    remote,
    place,
  }: { readonly gun: string; readonly remote: boolean; readonly place: string },
  { ports, reporter }: Work,
): Promise<object> {
  const { wasKnown, stagedChanges, keptKeys } = await forgetRepository({ gun, remote }, ports);
  const server = remote ? ports.server.url : null;
  if (server !== null) reporter.line(`${verbCell('deleted')}  ${safe(gun)} on ${safe(server)}`);
  const staged = stagedChanges > 0 ? `, and ${changes(stagedChanges)}` : '';
  reporter.line(
    wasKnown || stagedChanges > 0
      ? `${verbCell('forgot')}  ${safe(gun)} in ${safe(place)}${staged}`
      : `${verbCell('unknown')}  ${safe(gun)}: there was nothing of it in ${safe(place)}`,
  );
  const kept = keptKeys
    .map(({ id, role, location }) => ({ id, role, location }))
    .toSorted((a, b) => Number(b.role === 'root') - Number(a.role === 'root'));
  if (kept.length > 0) {
    const keys = kept.map(({ id, role }) => `${safe(role)} ${proseId(id)}`).join(', ');
    reporter.notice([`Private keys are kept: ${keys}`], { kind: 'keys-kept', keys: kept });
  }
  return { repository: gun, server, wasKnown, stagedChanges, keptKeys: kept };
}

interface Loss {
  readonly gun: string;
  readonly remote: boolean;
  readonly staged: number;
  readonly server: string;
}

function lossOf({ gun, remote, staged, server }: Loss): string {
  const more = staged > 0 ? ` ${changes(staged)} that nobody has published will be gone.` : '';
  if (!remote) {
    return `This machine forgets which root of ${gun} it trusts, and what it has seen of it.${more} Private keys stay.`;
  }
  return (
    `${server} deletes all signatures of ${gun}, for everybody: nobody can pull it with content trust any more. If it ` +
    `is made anew, everyone who trusts it now must act by hand.${more} Private keys stay.`
  );
}

function changes(count: number): string {
  return count === 1 ? '1 staged change' : `${count} staged changes`;
}
