// The network database of both daemons: connections, statements, transactions. Which tables exist is
// postgres-migrations.ts and each store's own business.
//
// Invariants:
// - pg is loaded here alone, and only when a database is opened;
// - reads and transactions have connections of their own: writers that wait for each other do not stop readers;
// - every statement has an end: the server's statement_timeout, and a little later ours, which cuts the connection;
// - what was committed is on the disk before it is answered, also in a database whose own default is not to wait;
// - a connection on which anything went wrong is closed, never used again;
// - a transaction that was refused or cut short left nothing; only a COMMIT of which the answer never came is
//   uncertain, and is reported as such;
// - no message holds the address: there is a password in it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Pool, PoolClient, PoolConfig } from 'pg';
import { Failure } from '../../errors.ts';
import { JoinedWrites } from './joined-writes.ts';
import {
  isLost,
  isPassing,
  isUnprepared,
  postgresFailure,
  uncertainCommit,
} from './postgres-failure.ts';
import {
  describePlan,
  type PostgresSchema,
  planSchema,
  prepareSchema,
} from './postgres-migrations.ts';
import { sessionSetter } from './postgres-session.ts';
import { defaultMaxConnections } from './postgres-settings.ts';
import { postgresTls } from './postgres-tls.ts';
import type { PostgresTarget } from './postgres-url.ts';

export interface PostgresOptions {
  /** Name of the program, seen in pg_stat_activity. */
  readonly applicationName: string;
  /** Most connections, of readers and writers together; at least 2. */
  readonly maxConnections?: number;
}

/** A statement is prepared once on each connection, under its name. Rows travel as text: pg breaks binary ones. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export type Value = string | number | Buffer | null | readonly (string | number | null)[];

export interface Queries {
  /** @throws what pg throws: to be judged by postgres-failure.ts */
  query<Row extends object>(
    statement: Statement,
    values?: readonly Value[],
  ): Promise<readonly Row[]>;
}

export interface Transaction extends Queries {
  /**
   * Sends COMMIT behind the statements that were sent before, so that they need no round trip of their own. Statements
   * sent together are awaited together (Promise.all). Without it the transaction is committed when its work is done.
   */
  commit(): Promise<void>;
}

export interface PostgresDatabase {
  /** A read, tried once more when its connection broke. @throws Failure STORE_FAILED */
  read<Row extends object>(
    statement: Statement,
    values?: readonly Value[],
  ): Promise<readonly Row[]>;
  /**
   * Runs `work` in a transaction (read committed); several times, from its beginning, when PostgreSQL resolved a
   * conflict against it, and once more when the connection broke before COMMIT was sent. What `work` throws rolls back
   * and passes through.
   * @throws Failure STORE_FAILED for what went wrong with the database
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Of these, how many read: reads are short and share one another's answers. */
const readerShare = 0.3;

/** A server that does not answer at all is given up after this; longer when the address sets a longer limit. */
const answerTimeoutMs = 15_000;
const longAnswerTimeoutMs = 10 * 60_000;
/** For a connection: to be made, or to become free. */
const connectTimeoutMs = 5000;
const keepAliveAfterMs = 10_000;
const idleMs = 5 * 60_000;
/** How often a transaction is begun again, and the pause before, which grows and is cut at random. */
const maxAttempts = 6;
const firstPauseMs = 5;

/**
 * Connects, and brings the schema up to date.
 * @throws Failure STORE_FAILED: no connection, refused, not the tables of notary, of a newer release, rights missing;
 *   CONFIG_INVALID for the files of TLS
 */
export async function openPostgres(
  target: PostgresTarget,
  schema: PostgresSchema,
  options: PostgresOptions,
): Promise<PostgresDatabase> {
  const database = await connectPostgres(target, options);
  try {
    await prepareSchema(database, schema);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What `openPostgres` would make, one line each; makes nothing. @throws Failure as openPostgres */
export async function planPostgres(
  target: PostgresTarget,
  schema: PostgresSchema,
  options: PostgresOptions,
): Promise<readonly string[]> {
  const database = await connectPostgres(target, options);
  try {
    return describePlan(await planSchema(database, schema));
  } finally {
    await database.close();
  }
}

/** Connections alone, whatever the tables are. Nothing is connected yet. @throws Failure CONFIG_INVALID */
export async function connectPostgres(
  target: PostgresTarget,
  options: PostgresOptions,
): Promise<PostgresDatabase> {
  const tls = await postgresTls(target);
  const { default: pg } = await import('pg');
  const config = { ...poolConfig(target, tls, options), Client: closingClient(pg.Client) };
  const { maxConnections = defaultMaxConnections } = options;
  const readers = Math.max(1, Math.floor(maxConnections * readerShare));
  return new Database(
    newPool(pg.Pool, { ...config, max: readers }),
    newPool(pg.Pool, { ...config, max: Math.max(1, maxConnections - readers) }),
  );
}

class Database implements PostgresDatabase {
  readonly #readers: Pool;
  readonly #writers: Pool;

  constructor(readers: Pool, writers: Pool) {
    this.#readers = readers;
    this.#writers = writers;
  }

  async read<Row extends object>(statement: Statement, values?: readonly Value[]) {
    try {
      return await this.#readOnce<Row>(statement, values);
    } catch (error) {
      if (!isLost(error) && !isUnprepared(error)) throw postgresFailure(error, cannotRead);
    }
    try {
      return await this.#readOnce<Row>(statement, values);
    } catch (error) {
      throw postgresFailure(error, cannotRead);
    }
  }

  async transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#transactOnce(work);
      } catch (error) {
        const isWorthAnother =
          isPassing(error) || isUnprepared(error) || (isLost(error) && attempt === 1);
        if (!isWorthAnother || attempt === maxAttempts) throw postgresFailure(error, cannotWrite);
      }
      await sleep(firstPauseMs * 2 ** attempt * Math.random());
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#readers.end(), this.#writers.end()]);
  }

  async #readOnce<Row extends object>(statement: Statement, values?: readonly Value[]) {
    const client = await this.#readers.connect();
    try {
      const rows = await send<Row>(client, statement, values);
      client.release();
      return rows;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #transactOnce<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const client = await this.#writers.connect();
    const session = new Session(client);
    try {
      const result = await session.run(work);
      client.release();
      return result;
    } catch (error) {
      const isInOrder = !isUnprepared(error) && (await session.isRolledBack());
      client.release(!isInOrder);
      throw error;
    }
  }
}

const cannotRead = 'the tables could not be read';
const cannotWrite = 'the transaction could not be committed';

/** Prepared as the others are, so that it leaves with them. */
const begin: Statement = {
  name: 'paraph_begin',
  text: 'BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE',
};

/** One transaction on one connection. */
class Session implements Transaction {
  readonly #client: PoolClient;
  #committed: Promise<void> | undefined;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async run<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    try {
      // BEGIN is not awaited alone: it travels with the first statement.
      const [, result] = await Promise.all([send(this.#client, begin), work(this)]);
      await this.commit();
      return result;
    } catch (error) {
      // Whatever broke first, the COMMIT was on its way.
      if (this.#committed !== undefined && isLost(error)) throw uncertainCommit(error);
      throw error;
    }
  }

  query<Row extends object>(statement: Statement, values?: readonly Value[]) {
    return send<Row>(this.#client, statement, values);
  }

  commit(): Promise<void> {
    if (this.#committed === undefined) {
      this.#committed = this.#commit();
      // Whoever sent the statement that failed may leave without having waited for this.
      this.#committed.catch(() => undefined);
    }
    return this.#committed;
  }

  async #commit(): Promise<void> {
    const { command } = await this.#client.query('COMMIT');
    // PostgreSQL answers so when a statement before it failed; whoever sent that one has its error.
    if (command !== 'COMMIT') throw new Failure('STORE_FAILED', 'the transaction was rolled back');
  }

  /** Whether the connection is in order again after a failure. */
  async isRolledBack(): Promise<boolean> {
    try {
      const { command } = await this.#client.query('ROLLBACK');
      return command === 'ROLLBACK';
    } catch {
      return false;
    }
  }
}

async function send<Row extends object>(
  client: PoolClient,
  { name, text }: Statement,
  values: readonly Value[] = [],
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>({ name, text, values: [...values] });
  return rows;
}

function newPool(Pools: typeof Pool, config: PoolConfig): Pool {
  const pool = new Pools(config);
  // Nobody is waiting for an idle connection that breaks: it is dropped, and the next one made when needed.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** pg leaves the socket of an attempt that failed open, on which the server then waits for a minute. */
function closingClient(Base: typeof Client): typeof Client {
  return class extends Base {
    override connect(): Promise<Client>;
    override connect(done: (error: Error) => void): void;
    override connect(done?: (error: Error) => void): Promise<Client> | void {
      if (done === undefined) return super.connect();
      super.connect((error: Error) => {
        if (error instanceof Error) void this.end();
        done(error);
      });
    }
  };
}

function poolConfig(
  target: PostgresTarget,
  ssl: PoolConfig['ssl'],
  { applicationName }: PostgresOptions,
): PoolConfig {
  const { host, port, user, password, database, session } = target;
  const isOwnLimit = session.has('statement_timeout');
  return {
    host,
    port,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(ssl !== undefined && { ssl }),
    application_name: target.applicationName ?? applicationName,
    client_encoding: 'UTF8',
    pipeline: true,
    stream: () => new JoinedWrites(),
    query_timeout: isOwnLimit ? longAnswerTimeoutMs : answerTimeoutMs,
    connectionTimeoutMillis: target.connectTimeoutMs ?? connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    idleTimeoutMillis: idleMs,
    onConnect: sessionSetter(session),
  };
}
