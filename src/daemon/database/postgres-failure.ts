// What PostgreSQL, and the way to it, can answer, as failures that an operator understands. The library's own error
// objects end here: they carry parameters of the connection and rows of the table.
import { Failure, type FailureOptions } from '../../errors.ts';

/** SQLSTATEs after which the same transaction may succeed: somebody else was in the way, and nothing was stored. */
const passing: ReadonlySet<string> = new Set(['40001', '40P01']);
const uniqueViolation = '23505';

/** The five characters by which PostgreSQL names a condition; undefined when the error came from elsewhere. */
function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && hasSeverity(error) ? code : undefined;
}

export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === uniqueViolation;
}

/** A conflict with another transaction that PostgreSQL resolved by ending this one. */
export function isPassing(error: unknown): boolean {
  return passing.has(sqlState(error) ?? '');
}

/** The statements that were prepared on this connection are gone, or a table changed under them: another helps. */
export function isUnprepared(error: unknown): boolean {
  const state = sqlState(error);
  if (state === '26000') return true;
  return state === '0A000' && isFrom(error, 'RevalidateCachedQuery');
}

/** The connection is of no use any more, or never was: cut, ended by an operator, or by the server's own end. */
export function isLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined) return error instanceof Error && !(error instanceof Failure);
  return /^(?:08|57P|25P03)/.test(state);
}

const unknownOutcome = { outcome: 'unknown' } as const;

/** The answer to a COMMIT never came: the change was stored, or will be, or not. */
export function uncertainCommit(error: unknown): Failure {
  return new Failure('STORE_FAILED', 'the connection broke while the database committed', {
    cause: withoutContext(error),
    facts: unknownOutcome,
    meaning: 'It is not known whether the change was stored.',
    remedy: 'Look at what is stored before trying again.',
  });
}

export function isUncertain(error: unknown): boolean {
  return error instanceof Failure && error.facts.outcome === unknownOutcome.outcome;
}

/** What a statement or a connection attempt threw, as STORE_FAILED; a Failure passes through. */
export function postgresFailure(error: unknown, message: string): Failure {
  if (error instanceof Failure) return error;
  const state = sqlState(error);
  const remedy = state === undefined ? remedyOf(codeOf(error)) : remedies.get(state);
  const options: FailureOptions = {
    cause: withoutContext(error),
    ...(state === undefined ? {} : { facts: { sqlState: state } }),
    ...(remedy === undefined ? {} : { remedy }),
  };
  return new Failure('STORE_FAILED', `${message}: ${wordsOf(error)}`, options);
}

const remedies: ReadonlyMap<string, string> = new Map([
  ['28P01', 'Correct the user or the password in storage.db_url (or PGPASSWORD).'],
  ['28000', 'Correct storage.db_url, or let this user in by a line of pg_hba.conf.'],
  ['3D000', 'Make the database, or correct its name in storage.db_url.'],
  ['42501', 'Grant this user the right to it, or connect as the owner of the tables.'],
  ['25006', 'Connect to the primary: this server, or this user, may only read.'],
  ['42P01', 'Start once with -bootstrap -dry-run: it lists what is missing.'],
  ['53300', 'Raise max_connections of PostgreSQL, or lower storage.max_connections.'],
  [
    '57014',
    'See what the database is busy with; statement_timeout in storage.db_url sets the limit.',
  ],
  ['55P03', 'See who holds the lock; lock_timeout in storage.db_url sets the limit.'],
  ['53100', 'Make room on the disk of the database.'],
  ['42704', 'Correct the parameters of storage.db_url: the server does not know one of them.'],
]);

function remedyOf(code: string | undefined): string {
  if (code === undefined || /^E[A-Z]+$/.test(code)) {
    return 'See whether the database runs and can be reached at the address in storage.db_url.';
  }
  return 'See that sslmode and sslrootcert in storage.db_url fit the certificate of the database.';
}

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error) ?? 'it cannot be reached';
  return error instanceof Error ? error.message : 'unknown error';
}

/** Message and code alone; not its detail, which quotes rows, nor the client that pg attaches. */
function withoutContext(error: unknown): Error {
  const code = codeOf(error);
  return new Error(code === undefined ? wordsOf(error) : `${code}: ${wordsOf(error)}`);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** `routine` is the function of PostgreSQL's source that complained. */
function isFrom(error: unknown, routine: string): boolean {
  return error instanceof Error && 'routine' in error && error.routine === routine;
}

function hasSeverity(error: unknown): boolean {
  return error instanceof Error && 'severity' in error;
}
