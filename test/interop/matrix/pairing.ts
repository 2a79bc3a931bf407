// A server with a signer, each on its own storage, started once for the cells of all clients.
import { join } from 'node:path';
import type { KeyPair } from '../../peers/certificates.ts';
import { notaryServerTables, notarySignerTables } from '../../peers/notary-tables.ts';
import { peer } from '../../peers/peers.ts';
import { type Login, newPerson, type Person } from '../../peers/person.ts';
import type { PostgresCluster } from '../../peers/postgres-cluster.ts';
import { mustRun } from '../../peers/program.ts';
import { partOf, type Scratch } from '../../peers/scratch.ts';
import { startTokenService } from '../../peers/token-service.ts';
import { startTrustServices, type TrustServices } from '../../peers/trust-services.ts';
import { type Backend, type ServerChoice, type SignerChoice, signers } from './choices.ts';

/** Host of the images: not loopback, or docker would not check the trust server's certificate. */
export const domain = 'registry.test';

/** Who may log in at the guarded server, and what each may do. */
export const logins = {
  publisher: { registry: domain, user: 'publisher', password: 'publisher-password' },
  reader: { registry: domain, user: 'reader', password: 'reader-password' },
  impostor: { registry: domain, user: 'publisher', password: 'guessed-password' },
} as const satisfies Record<string, Login>;

const users = {
  publisher: { password: logins.publisher.password, actions: ['pull', 'push', '*'] },
  reader: { password: logins.reader.password, actions: ['pull'] },
};

/** The Go clients have no words of their own for it. */
const tooLate = /newer version of metadata is already available|trust server rejected operation/;
/** notary-server takes a race that is lost at the very end on PostgreSQL for a fault of its own. */
const tooLateAtGo = new RegExp(`${tooLate.source}|unable to reach trust server at this time: 500`);

/** What somebody has who knocks at the guarded server. */
export interface Papers {
  readonly login?: Login;
  readonly certificate?: KeyPair;
}

export interface PairedServices {
  /** A new machine; `name` is unique in the pairing. */
  person(name: string): Promise<Person>;
  /** As `person`, before the server that lets in clients with a certificate and a token alone. */
  personAtGuard(name: string, papers: Papers): Promise<Person>;
  /** The ids of the keys of `role` in the root that is published. */
  rootKeyIds(gun: string, role: string): Promise<readonly string[]>;
  /** What publishers are told, by the clients of this server, who came too late. */
  readonly tooLate: RegExp;
  /** A client certificate that the guarded server takes. */
  readonly certificate: KeyPair;
}

export interface PairingPlan {
  readonly server: ServerChoice;
  readonly signer: SignerChoice;
  readonly cluster: PostgresCluster;
  /** DOCKER_HOST of everybody. */
  readonly engine: string;
}

export async function startPairing(whole: Scratch, plan: PairingPlan): Promise<PairedServices> {
  const { server, signer, cluster, engine } = plan;
  const name = `${signers.indexOf(signer)}`;
  const scratch = await partOf(whole, name);
  const services = await startTrustServices(scratch, {
    server: server.kind,
    signer: signer.kind,
    storage: {
      server: await storage(server.backend, `server_${name}`, notaryServerTables),
      signer: await storage(signer.backend, `signer_${name}`, notarySignerTables),
    },
  });
  const { authority, caFile } = services;
  const style = signer.kind === 'notary-signer' ? 'ES256 with x5c' : 'RS256 with kid';
  const { auth } = await startTokenService(scratch, authority, users, style);
  const guarded = await services.serveBeside({ clientCaFile: caFile, auth });
  const trust = { trustServer: services.url, caFile, engine };
  return {
    tooLate: server.kind === 'notary-server' ? tooLateAtGo : tooLate,
    certificate: await authority.issue('client', ['client']),
    rootKeyIds: (gun, role) => rootKeyIds(services, gun, role),
    person: (who) => newPerson(scratch, who, trust),
    personAtGuard: (who, papers) =>
      newPerson(scratch, who, { ...trust, trustServer: guarded, ...papers }),
  };

  async function storage(backend: Backend, database: string, tables: string): Promise<object> {
    if (backend === 'sqlite') return { backend, db_url: join(scratch.path, `${database}.db`) };
    return { backend, db_url: await cluster.createDatabase(database, tables) };
  }
}

interface PublishedRoot {
  readonly signed: { readonly roles: Readonly<Record<string, { readonly keyids: string[] }>> };
}

async function rootKeyIds(services: TrustServices, gun: string, role: string) {
  const url = `${services.url}/v2/${gun}/_trust/tuf/root.json`;
  const text = await mustRun(peer('curl'), ['-fsS', '--cacert', services.caFile, url]);
  const root: PublishedRoot = JSON.parse(text);
  return root.signed.roles[role]?.keyids ?? [];
}
