// Keys as text, to be taken to another machine: the stored blocks with the header `path`, from which
// `notary key import`, docker and we read what they are called (client store §2.6).
//
// Invariants: what leaves is encrypted; an export is complete or fails, because what is believed to be in a
// back-up and is not is lost with the machine.
import { encodePem, type PemBlock } from '../encoding/pem.ts';
import { Failure } from '../errors.ts';
import { isLocked, keyBlocks, ownerHeaders } from './key-block.ts';
import { type FoundKey, type Survey, surveyKeys } from './key-layout.ts';
import { describeKey, type ExportFilter, type KeyEntry } from './key-store.ts';

/**
 * @param directory the folder `private`
 * @throws Failure as `KeyExporter.exportKeys`
 */
export async function exportedKeys(directory: string, filter: ExportFilter): Promise<string> {
  const survey = await surveyKeys(directory);
  const { ids = [], guns = [] } = filter;
  requireReadable(survey, filter);
  const isAll = ids.length === 0 && guns.length === 0;
  const isWanted = ({ id, gun }: KeyEntry): boolean =>
    isAll || ids.includes(id) || (gun !== undefined && guns.includes(gun));
  const chosen = survey.keys.filter(({ entry }) => isWanted(entry));
  const missing =
    ids.find((id) => !chosen.some(({ entry }) => entry.id === id)) ??
    guns.find((gun) => !chosen.some(({ entry }) => entry.gun === gun));
  if (missing !== undefined || chosen.length === 0) {
    const what = missing === undefined ? 'no private key' : `no private key of ${missing}`;
    throw new Failure('KEY_NOT_FOUND', `there is ${what} here`, {
      facts: { searched: directory },
      remedy: 'Nothing was exported. List the keys that are here and name one of them.',
    });
  }
  return chosen.map(exportedFile).join('');
}

/** A file that cannot be read is let pass only when ids say that it is not wanted. */
function requireReadable({ unusable }: Survey, { ids = [], guns = [] }: ExportFilter): void {
  const isById = ids.length > 0 && guns.length === 0;
  const [broken] = unusable.filter(
    ({ location }) => !isById || ids.some((id) => location.includes(id)),
  );
  if (broken === undefined) return;
  const { reason, location } = broken;
  throw reason.with({
    facts: { file: location },
    meaning: 'An export without this file would not be complete. Nothing was exported.',
    remedy: 'Restore the file or move it away, or name the keys by their ids.',
  });
}

function exportedFile({ entry, text }: FoundKey): string {
  return keyBlocks(text)
    .map((block) => encodePem(exportedBlock(entry, block)))
    .join('');
}

function exportedBlock(entry: KeyEntry, block: PemBlock): PemBlock {
  if (!isLocked(block)) {
    const key = describeKey({ ...entry, keyId: entry.id });
    throw new Failure('KEY_UNENCRYPTED', `${key} is stored without a passphrase`, {
      facts: { file: entry.location },
      remedy: 'Give it a passphrase first. Nothing was exported.',
    });
  }
  // In old layouts the path says whose key it is; here the headers have to.
  const headers = new Map([...ownerHeaders(entry), ...block.headers, ['path', entry.id]]);
  return { ...block, headers };
}
