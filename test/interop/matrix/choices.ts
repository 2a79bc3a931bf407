// The servers and signers of the matrix. Data alone, as in step-list.ts.
import type { ServerKind, SignerKind } from '../../peers/trust-services.ts';

export type Backend = 'postgres' | 'sqlite';

interface Service<Kind> {
  readonly name: string;
  readonly kind: Kind;
  readonly backend: Backend;
}

export type ServerChoice = Service<ServerKind>;
export type SignerChoice = Service<SignerKind>;

export const servers = {
  goOnPostgres: { name: 'Go, PostgreSQL', kind: 'notary-server', backend: 'postgres' },
  oursOnSqlite: { name: 'Paraph, SQLite', kind: 'paraph-server', backend: 'sqlite' },
  oursOnPostgres: { name: 'Paraph, PostgreSQL', kind: 'paraph-server', backend: 'postgres' },
} as const satisfies Record<string, ServerChoice>;

export const signers: readonly SignerChoice[] = [
  { name: 'Go, PostgreSQL', kind: 'notary-signer', backend: 'postgres' },
  { name: 'Paraph, SQLite', kind: 'paraph-signer', backend: 'sqlite' },
  { name: 'Paraph, PostgreSQL', kind: 'paraph-signer', backend: 'postgres' },
];

/** Whether both come from one house and store in the same way. */
export const isAlike = (server: ServerChoice, signer: SignerChoice): boolean =>
  server.name === signer.name;
