// Somebody at a machine of their own: a home directory, the CA of the trust server where docker and
// notary look for it, passphrases in the environment. What they run sees nothing else of ours.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { KeyPair } from './certificates.ts';
import type { Network } from './network.ts';
import { peer } from './peers.ts';
import { type Outcome, runCommand } from './program.ts';
import type { Scratch } from './scratch.ts';

export interface PersonOptions {
  /** `https://HOST:PORT` */
  readonly trustServer: string;
  /** CA that this person trusts for it; none when undefined. */
  readonly caFile: string | undefined;
  readonly network?: Network;
  /** DOCKER_HOST; a socket that is not there when undefined. */
  readonly engine?: string;
  /** With what this person logs in: docker to the registry named, notary to the trust server. */
  readonly login?: Login;
  /** Shown to the trust server. */
  readonly certificate?: KeyPair;
}

export interface Login {
  readonly registry: string;
  readonly user: string;
  readonly password: string;
}

export interface Invocation {
  readonly env?: Environment;
  readonly input?: string;
}

type Environment = Readonly<Record<string, string>>;

export interface Person {
  readonly home: string;
  /** `~/.docker/trust` */
  readonly trustDir: string;
  notary(args: readonly string[], input?: string): Promise<Outcome>;
  /** The docker CLI 28; `env` such as DOCKER_CONTENT_TRUST=1. */
  docker(args: readonly string[], env?: Environment): Promise<Outcome>;
  paraph(args: readonly string[], env?: Environment): Promise<Outcome>;
  /** Any program, by its absolute path and first arguments. */
  run(command: readonly string[], args: readonly string[], how?: Invocation): Promise<Outcome>;
  /** The private keys that lie on this machine, by role and repository. */
  keyFiles(): Promise<readonly KeyFile[]>;
  /** Writes a file into the home and returns its path. */
  file(name: string, content: string): Promise<string>;
  /** Replaces or, with undefined, takes away the CA. */
  trust(caFile: string | undefined): Promise<void>;
}

export interface KeyFile {
  readonly role: string;
  readonly gun: string | undefined;
  readonly text: string;
}

const passphrases: Environment = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'root-passphrase',
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'repository-passphrase',
  NOTARY_ROOT_PASSPHRASE: 'root-passphrase',
  NOTARY_TARGETS_PASSPHRASE: 'repository-passphrase',
  NOTARY_SNAPSHOT_PASSPHRASE: 'repository-passphrase',
  NOTARY_DELEGATION_PASSPHRASE: 'repository-passphrase',
};

/** `name` is unique in the scratch. */
export async function newPerson(
  scratch: Scratch,
  name: string,
  options: PersonOptions,
): Promise<Person> {
  const home = await scratch.folder(`home-${name}`);
  const tlsDir = join(home, '.docker/tls', new URL(options.trustServer).host);
  const env: Environment = {
    HOME: home,
    DOCKER_CONTENT_TRUST_SERVER: options.trustServer,
    DOCKER_HOST: options.engine ?? `unix://${join(home, 'no-engine.sock')}`,
    ...passphrases,
    ...(options.login && { NOTARY_AUTH: base64(options.login) }),
  };
  const run: Person['run'] = ([program = '', ...first], args, how = {}) =>
    runCommand(program, [...first, ...args], {
      cwd: home,
      env: { ...env, ...how.env },
      ...(options.network && { network: options.network }),
      ...(how.input !== undefined && { input: how.input }),
    });
  const person: Person = {
    home,
    trustDir: join(home, '.docker/trust'),
    notary: (args, input) => run([peer('notary')], args, input === undefined ? {} : { input }),
    docker: (args, more) => run([peer('docker-28')], args, more && { env: more }),
    paraph: (args, more) => run(ourProgram('paraph'), args, more && { env: more }),
    run,
    keyFiles: () => readKeyFiles(join(home, '.docker/trust/private')),
    async file(file, content) {
      await writeFile(join(home, file), content);
      return join(home, file);
    },
    async trust(caFile) {
      await rm(tlsDir, { recursive: true, force: true });
      await writeNotaryConfig(home, { ...options, caFile });
      const { certificate } = options;
      if (caFile === undefined && certificate === undefined) return;
      await mkdir(tlsDir, { recursive: true });
      if (caFile !== undefined) await copyFile(caFile, join(tlsDir, 'ca.crt'));
      if (certificate === undefined) return;
      await copyFile(certificate.certFile, join(tlsDir, 'client.cert'));
      await copyFile(certificate.keyFile, join(tlsDir, 'client.key'));
    },
  };
  await person.trust(options.caFile);
  if (options.login !== undefined) await writeDockerLogin(home, options.login);
  return person;
}

/** The command line of one of our programs, as `node bin/NAME`. */
export function ourProgram(name: string): readonly string[] {
  return [process.execPath, resolve('bin', name)];
}

const base64 = ({ user, password }: Login): string =>
  Buffer.from(`${user}:${password}`).toString('base64');

async function writeDockerLogin(home: string, login: Login): Promise<void> {
  await mkdir(join(home, '.docker'), { recursive: true });
  const config = { auths: { [login.registry]: { auth: base64(login) } } };
  await writeFile(join(home, '.docker/config.json'), JSON.stringify(config));
}

async function writeNotaryConfig(home: string, options: PersonOptions) {
  const { trustServer: url, caFile, certificate } = options;
  await mkdir(join(home, '.notary'), { recursive: true });
  const remote = {
    url,
    ...(caFile !== undefined && { root_ca: caFile }),
    ...(certificate && {
      tls_client_cert: certificate.certFile,
      tls_client_key: certificate.keyFile,
    }),
  };
  const config = { trust_dir: '~/.docker/trust', remote_server: remote };
  await writeFile(join(home, '.notary/config.json'), JSON.stringify(config));
}

async function readKeyFiles(folder: string): Promise<readonly KeyFile[]> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const header = (text: string, name: string): string | undefined =>
    new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  return texts
    .map((text) => ({ role: header(text, 'role') ?? '', gun: header(text, 'gun'), text }))
    .toSorted((a, b) => `${a.role} ${a.gun}`.localeCompare(`${b.role} ${b.gun}`));
}
