// Programs that keep logins: docker-credential-NAME, asked with the verb `get` and the server on stdin.
//
// A helper is a program of the user, but it may hang, babble or break; time and output are limited.
// Invariants: no shell; the name cannot lead to another path; nothing secret is an argument or lies in the
// child's environment; what a helper printed as an answer appears in no failure.

import { spawn } from 'node:child_process';
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import { Failure, isFailure } from '../errors.ts';
import { shown } from './foreign-text.ts';

export interface HelperSettings {
  /** Environment for the child; variables that hold passphrases or PINs of keys, or NOTARY_AUTH, are left out. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A helper may ask its user to unlock something, so this is long. */
  readonly timeoutMs?: number;
}

export interface StoredLogin {
  readonly username: string;
  readonly secret: string;
}

const defaultTimeoutMs = 60_000;
const maxOutputBytes = 64 * 1024;
const helperName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
/** The protocol's words for "nothing stored"; they come with a failing exit status. */
const nothingStored = /credentials not found in native keychain|credentials server URL is missing/;
/** Secrets of ours; what a helper itself may need (cloud tokens, a password store's place) stays. */
const secretVariable = /PASSPHRASE|_PIN$|^NOTARY_AUTH$/i;

/**
 * What the helper stores for `server`, or undefined when it stores nothing.
 * @throws Failure CREDENTIALS_UNREADABLE when it is missing, fails, answers garbage or too much, or takes too long
 */
export async function askHelper(
  name: string,
  server: string,
  settings: HelperSettings,
): Promise<StoredLogin | undefined> {
  if (!helperName.test(name)) throw unreadable(shown(name), 'has a name that cannot be a program');
  const program = `docker-credential-${name}`;
  const { status, stdout, stderr } = await run(program, server, settings);
  if (status === 0) return parseLogin(program, stdout);
  const words = stdout.toString('utf8').trim();
  if (nothingStored.test(words)) return undefined;
  // A failing helper speaks on stdout by the protocol; an object there would be a login.
  const said = words.includes('{') ? '' : words || stderr;
  throw unreadable(program, `failed with exit status ${status}`, said);
}

interface Outcome {
  readonly status: number | string;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function run(program: string, server: string, settings: HelperSettings): Promise<Outcome> {
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env: harmless(settings.environment),
      stdio: ['pipe', 'pipe', 'pipe'],
      shell: false,
    });
    const end = (problem: string, cause?: unknown): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      // What the helper itself started may live on and keep these open.
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      reject(unreadable(program, problem, undefined, cause));
    };
    const timer = setTimeout(() => end(`did not answer within ${timeoutMs / 1000} s`), timeoutMs);
    const output: Buffer[] = [];
    let total = 0;
    let stderr = '';
    child.stdout.on('data', (piece: Buffer) => {
      total += piece.length;
      if (total > maxOutputBytes) return end('answered more than a login can be');
      return output.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => {
      if (stderr.length < maxOutputBytes) stderr += piece.toString('utf8');
    });
    // A helper may end without reading; then its exit status tells more than the broken pipe.
    child.stdin.on('error', () => undefined);
    child.once('error', (cause) => end('could not be started', cause));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ status: code ?? String(signal), stdout: Buffer.concat(output), stderr });
    });
    child.stdin.end(server);
  });
}

function parseLogin(program: string, stdout: Buffer): StoredLogin {
  try {
    const view = new JsonView(parseJson(stdout, { maxBytes: maxOutputBytes }), 'answer');
    return { username: view.member('Username').string(), secret: view.member('Secret').string() };
  } catch (error) {
    // The cause would quote the answer, which holds the secret.
    if (isFailure(error, 'JSON_INVALID')) throw unreadable(program, 'did not answer with a login');
    throw error;
  }
}

function harmless(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !secretVariable.test(name)),
  );
}

function unreadable(program: string, problem: string, said?: string, cause?: unknown): Failure {
  return new Failure('CREDENTIALS_UNREADABLE', `the credential helper ${program} ${problem}`, {
    ...(cause === undefined ? {} : { cause }),
    ...(said === undefined || said === '' ? {} : { facts: { said: shown(said) } }),
  });
}
