// A repository as `docker trust inspect` prints it: JSON, or with --pretty tables for people (docker trust §6).
import { tabTable } from '../go-text/tab-table.ts';
import { safe } from '../render/safe-text.ts';
import type { TrustRow, TrustSigner, TrustView } from './trust-view.ts';

const tableStyle = { minWidth: 10, padding: 3 };
const shownIdDigits = 12;
/** Whose signature it is where no delegation lists the tag. */
const owner = 'Repo Admin';

/** One element of the JSON array; members in docker's order. @param name the argument as typed */
export function trustJson(name: string, view: TrustView): object {
  const keys = (ids: readonly string[]) => ids.map((ID) => ({ ID }));
  return {
    Name: name,
    SignedTags: view.rows.map(({ tag, digest, signers }) => ({
      SignedTag: tag,
      Digest: digest,
      Signers: signers.length === 0 ? [owner] : signers,
    })),
    Signers: view.signers
      .toReversed()
      .map((signer) => ({ Name: signer.name, Keys: keys(signer.keyIds) })),
    AdministrativeKeys: [
      { Name: 'Root', Keys: keys(view.rootKeyIds) },
      { Name: 'Repository', Keys: keys(view.repositoryKeyIds) },
    ],
  };
}

/** @param name the argument as typed */
export function trustPretty(name: string, { rows, signers, ...ids }: TrustView): string {
  const shownName = safe(name);
  return [
    rows.length > 0
      ? `\nSignatures for ${shownName}\n\n${rowTable(rows)}`
      : `\nNo signatures for ${shownName}\n\n`,
    ...(signers.length > 0
      ? [`\nList of signers and their keys for ${shownName}\n\n${signerTable(signers)}`]
      : []),
    `\nAdministrative keys for ${shownName}\n\n`,
    `  Repository Key:\t${ids.repositoryKeyIds.join(', ')}\n`,
    `  Root Key:\t${ids.rootKeyIds.join(', ')}\n`,
  ].join('');
}

function rowTable(rows: readonly TrustRow[]): string {
  return table([
    ['SIGNED TAG', 'DIGEST', 'SIGNERS'],
    ...rows.map(({ tag, digest, signers }) => [
      safe(tag),
      digest,
      signers.length === 0 ? `(${owner})` : signers.map(safe).toSorted().join(', '),
    ]),
  ]);
}

function signerTable(signers: readonly TrustSigner[]): string {
  return table([
    ['SIGNER', 'KEYS'],
    ...signers.map(({ name, keyIds }) => [
      safe(name),
      keyIds
        .map((id) => id.slice(0, shownIdDigits))
        .toSorted()
        .join(', '),
    ]),
  ]);
}

function table(rows: readonly (readonly string[])[]): string {
  return tabTable(rows, tableStyle)
    .map((line) => `${line}\n`)
    .join('');
}
