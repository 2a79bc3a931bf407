// What notary-server 0.7.0 sends to PostgreSQL, statement by statement, as its log showed it (log_statement=all): for
// tests that stop between two of them. The look at newer versions goes over another connection than the transaction.
import { createHash } from 'node:crypto';
import pg from 'pg';

export interface GoFile {
  readonly role: string;
  readonly version: number;
  readonly text: string;
}

export class GoServer {
  readonly #transaction: pg.Client;
  readonly #beside: pg.Client;

  private constructor(transaction: pg.Client, beside: pg.Client) {
    this.#transaction = transaction;
    this.#beside = beside;
  }

  /** @param schema where its tables are */
  static async connect(url: string, schema: string): Promise<GoServer> {
    const clients = [0, 1].map(() => new pg.Client({ connectionString: url }));
    for (const client of clients) {
      client.on('error', () => undefined);
      await client.connect();
      await client.query(`SET search_path = ${schema}`);
    }
    const [transaction, beside] = clients;
    return new GoServer(transaction!, beside!);
  }

  begin(): Promise<unknown> {
    return this.#transaction.query('BEGIN READ WRITE');
  }

  commit(): Promise<unknown> {
    return this.#transaction.query('COMMIT');
  }

  rollback(): Promise<unknown> {
    return this.#transaction.query('ROLLBACK');
  }

  /** True when it goes on: nothing as new as `file` is there. */
  async isNewest(gun: string, { role, version }: GoFile): Promise<boolean> {
    const { rows } = await this.#beside.query(
      `SELECT * FROM "tuf_files"  WHERE "tuf_files"."deleted_at" IS NULL AND ((gun = $1 and role = $2 and version >= $3))
        ORDER BY "tuf_files"."id" ASC LIMIT 1`,
      [gun, role, version],
    );
    return rows.length === 0;
  }

  /** gorm's FirstOrCreate: a row of this role and version counts as its own, whatever is in it. */
  async firstOrCreate(gun: string, file: GoFile): Promise<'found' | 'created'> {
    const { role, version, text } = file;
    const { rows } = await this.#transaction.query(
      `SELECT * FROM "tuf_files"  WHERE "tuf_files"."deleted_at" IS NULL AND (("tuf_files"."gun" = $1)
        AND ("tuf_files"."role" = $2) AND ("tuf_files"."version" = $3)) ORDER BY "tuf_files"."id" ASC LIMIT 1`,
      [gun, role, version],
    );
    if (rows.length > 0) return 'found';
    await this.#transaction.query(
      `INSERT INTO "tuf_files" ("created_at","updated_at","deleted_at","gun","role","version","sha256","data")
        VALUES ($1,$2,$3,$4,$5,$6,$7,$8) RETURNING "tuf_files"."id"`,
      [now(), now(), null, gun, role, version, sha256(text), Buffer.from(text)],
    );
    return 'created';
  }

  async recordUpdate(gun: string, { version, text }: GoFile): Promise<void> {
    await this.#record(gun, version, sha256(text), 'update');
  }

  /** UpdateMany: true when it was stored, false when something newer was there. */
  async publish(gun: string, files: readonly GoFile[]): Promise<boolean> {
    await this.begin();
    for (const file of files) {
      if (!(await this.isNewest(gun, file))) {
        await this.rollback();
        return false;
      }
      await this.firstOrCreate(gun, file);
      if (file.role === 'timestamp') await this.recordUpdate(gun, file);
    }
    await this.commit();
    return true;
  }

  async remove(gun: string): Promise<void> {
    await this.begin();
    await this.#transaction.query(`DELETE FROM "tuf_files"  WHERE ("tuf_files"."gun" = $1)`, [gun]);
    await this.#record(gun, 0, '', 'deletion');
    await this.commit();
  }

  async close(): Promise<void> {
    await this.#transaction.end();
    await this.#beside.end();
  }

  #record(gun: string, version: number, sum: string, category: string): Promise<unknown> {
    return this.#transaction.query(
      `INSERT INTO "changefeed" ("created_at","gun","version","sha256","category") VALUES ($1,$2,$3,$4,$5)
        RETURNING "changefeed"."id"`,
      [now(), gun, version, sum, category],
    );
  }
}

function now(): string {
  return new Date().toISOString().replace('T', ' ').slice(0, -1);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
