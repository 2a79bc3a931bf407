// The changefeed as a page (HTTP API §7.3): which records, and in Go's words what is wrong with
// the parameters.
import type { Change, TufStore } from '../store/store.ts';
import { type Answer, plain, refusal } from './answer.ts';

const defaultRecords = 100;
/** Most records in one answer; whoever asks for more pages on from the last id. */
const maxRecords = 10_000;
const int32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };

/** `gun` undefined for the changes of all repositories. @throws Failure STORE_FAILED */
export async function changesAnswer(store: TufStore, query: string, gun?: string): Promise<Answer> {
  const parameters = new URLSearchParams(query);
  const records = parseInt32(parameters.get('records') ?? '');
  if (typeof records === 'string') {
    return refusal('INVALID_PARAMETERS', `invalid records parameter: ${records}`);
  }
  const id = parseInt32(parameters.get('change_id') || '0');
  if (typeof id === 'string') return refusal('INVALID_PARAMETERS', {});
  const wanted = records === 0 ? defaultRecords : Math.abs(records);
  const changes = await store.changes({
    ...(gun === undefined ? {} : { gun }),
    fromId: id,
    // A negative number of records looks back from the id, a negative id back from the newest.
    backwards: records < 0 || id < 0,
    limit: Math.min(wanted, maxRecords),
  });
  const page = { count: changes.length, records: changes.map(record) };
  return plain(Buffer.from(JSON.stringify(page)));
}

function record(change: Change): unknown {
  const { id, createdAtMs, gun, version, sha256, category } = change;
  return {
    ID: String(id),
    CreatedAt: new Date(createdAtMs).toISOString().replace(/\.?0*Z$/, 'Z'),
    GUN: gun,
    Version: version,
    SHA256: sha256,
    Category: category,
  };
}

/** The number, or Go's words for why it is none. */
function parseInt32(text: string): number | string {
  const problem = `strconv.ParseInt: parsing ${JSON.stringify(text.slice(0, 64))}: `;
  if (!/^[+-]?\d+$/.test(text)) return `${problem}invalid syntax`;
  const value = BigInt(text.replace('+', ''));
  return value < int32.min || value > int32.max ? `${problem}value out of range` : Number(value);
}
