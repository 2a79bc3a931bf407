// Which engine docker would talk to: `--context`, `-H`, DOCKER_HOST, DOCKER_CONTEXT and `currentContext` of config.json,
// in docker's order, and the TLS material that goes with the one that is chosen.
//
// Invariants: a context is found by the hash of its name, so no name leads anywhere else; TLS is verified whatever a
// context or DOCKER_TLS says, as the engine tells us what is to be signed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure, isFailure } from '../errors.ts';
import { type EngineAddress, parseEngineAddress } from './engine-address.ts';
import { shown } from './foreign-text.ts';
import { errorCodeOf } from './transport-failure.ts';

export interface EngineEndpoint {
  readonly address: EngineAddress;
  /** Undefined for a socket and for plain TCP. */
  readonly tls: EngineTls | undefined;
}

/** PEM files; without authorities of its own an engine is trusted by those of the system. */
export interface EngineTls {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** What was said on the command line: docker's global flags. */
export interface EngineFlags {
  readonly hosts?: readonly string[];
  readonly context?: string | undefined;
  /** `--tls`, or `--tlsverify` in either form. */
  readonly isTls?: boolean;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface EngineSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `~/.docker`, or what DOCKER_CONFIG says. */
  readonly dockerDir: string;
}

/** The context that is no file: what the flags and DOCKER_HOST say. */
const defaultContext = 'default';
/** A context names a host and little else. */
const maxContextBytes = 256 * 1024;
const maxConfigBytes = 1024 * 1024;

/** @throws Failure CONFIG_INVALID with docker's words, also for ssh:// and npipe:// */
export function findEngine(flags: EngineFlags, at: EngineSurroundings): EngineEndpoint {
  const hosts = flags.hosts ?? [];
  if (hosts.length > 0 && flags.context !== undefined && flags.context !== '') {
    throw invalid('conflicting options: cannot specify both --host and --context');
  }
  if (hosts.length > 1) throw unresolved('Specify only one -H');
  const name = contextName(flags, at);
  return name === defaultContext ? fromEnvironment(flags, at) : fromContext(name, at);
}

/** Whether anybody said which engine it is, or it is the one that docker looks for by itself. @throws Failure as findEngine */
export function isEngineNamed(flags: EngineFlags, at: EngineSurroundings): boolean {
  const isHostNamed = (flags.hosts ?? []).length > 0 || set(at.environment['DOCKER_HOST']);
  return isHostNamed || contextName(flags, at) !== defaultContext;
}

/** The name of the context that counts now. @throws Failure CONFIG_INVALID for a config.json that is not JSON */
function contextName(flags: EngineFlags, at: EngineSurroundings): string {
  const { environment } = at;
  if (flags.context !== undefined && flags.context !== '') return flags.context;
  if ((flags.hosts ?? []).length > 0 || set(environment['DOCKER_HOST'])) return defaultContext;
  const named = environment['DOCKER_CONTEXT'];
  if (named !== undefined && named !== '') return named;
  return currentContext(at.dockerDir) ?? defaultContext;
}

function currentContext(dockerDir: string): string | undefined {
  const path = join(dockerDir, 'config.json');
  const current = readJson(path, maxConfigBytes)?.member('currentContext');
  return current?.exists === true && current.string() !== '' ? current.string() : undefined;
}

function fromEnvironment(
  flags: EngineFlags,
  { environment, dockerDir }: EngineSurroundings,
): EngineEndpoint {
  const isTls =
    flags.isTls === true || set(environment['DOCKER_TLS_VERIFY']) || set(environment['DOCKER_TLS']);
  const host = flags.hosts?.[0] ?? environment['DOCKER_HOST'] ?? '';
  const address = parseEngineAddress(host, { isTls });
  if (!isTls || address.kind === 'unix') return { address, tls: undefined };
  const configured = environment['DOCKER_CERT_PATH'];
  const folder = set(configured) && configured !== undefined ? configured : dockerDir;
  const caFile = flags.caFile ?? join(folder, 'ca.pem');
  requireFile(caFile);
  return {
    address,
    tls: {
      caFile,
      certFile: flags.certFile ?? existing(join(folder, 'cert.pem')),
      keyFile: flags.keyFile ?? existing(join(folder, 'key.pem')),
    },
  };
}

function fromContext(name: string, { dockerDir }: EngineSurroundings): EngineEndpoint {
  const id = createHash('sha256').update(name).digest('hex');
  const path = join(dockerDir, 'contexts', 'meta', id, 'meta.json');
  const meta = readJson(path, maxContextBytes);
  if (meta === undefined) {
    throw unresolved(
      `context "${shown(name, 80)}": context not found: open ${path}: no such file or directory`,
    );
  }
  const docker = meta.member('Endpoints').member('docker');
  const skips = docker.member('SkipTLSVerify');
  const folder = join(dockerDir, 'contexts', 'tls', id, 'docker');
  const tls = {
    caFile: existing(join(folder, 'ca.pem')),
    certFile: existing(join(folder, 'cert.pem')),
    keyFile: existing(join(folder, 'key.pem')),
  };
  const hasFiles = Object.values(tls).some((file) => file !== undefined);
  const isTls = hasFiles || (skips.exists && skips.boolean());
  const host = docker.member('Host');
  const address = parseEngineAddress(host.exists ? host.string() : '', { isTls });
  return { address, tls: isTls && address.kind === 'tcp' ? tls : undefined };
}

function readJson(path: string, maxBytes: number): JsonView | undefined {
  try {
    const value = parseJson(readFileSync(path), { maxBytes });
    return new JsonView(value, path, 'CONFIG_INVALID');
  } catch (cause) {
    const code = errorCodeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    // The cause may quote the place of the fault, and config.json holds logins.
    if (isFailure(cause, 'JSON_INVALID')) throw invalid(`${path} is not valid JSON`);
    throw new Failure('DISK', `${path} cannot be read (${code ?? 'unknown'})`, { cause });
  }
}

function set(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

function requireFile(path: string): void {
  if (!existsSync(path)) throw unresolved(`open ${path}: no such file or directory`);
}

function unresolved(why: string): Failure {
  return invalid(`unable to resolve docker endpoint: ${why}`);
}

function invalid(message: string): Failure {
  return new Failure('CONFIG_INVALID', message, {
    remedy: 'Correct DOCKER_HOST, DOCKER_CONTEXT, or the context: docker context ls shows them.',
  });
}
