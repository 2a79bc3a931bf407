// The four calls of notary's signer over gRPC: read the request, call the policy, answer with Go's status codes
// and words (signer API §1.1). Scripts and the Go server match on those words; what notary has no
// word for (a key that is there but locked) has a status of its own, so that nobody takes it for "not found".
import { status } from '@grpc/grpc-js';
import type { Log } from '../daemon/log.ts';
import { type Caller, callerOf } from '../daemon/rpc/caller.ts';
import type {
  CreateKeyRequest,
  KeyID,
  KeyInfo,
  KeyManagementServer,
  SignatureRequest,
  SignerServer,
} from '../daemon/rpc/generated/signer.ts';
import { RpcError, type RpcStatus, unary } from '../daemon/rpc/unary.ts';
import { asFailure, type Failure } from '../errors.ts';
import type { PublicKey } from '../tuf/public-key.ts';
import type { SigningPolicy } from './policy.ts';

/** Longest text of a peer that is given back in a status, which travels as a header. */
const maxEchoLength = 1024;

export function keyManagementService(policy: SigningPolicy, log: Log): KeyManagementServer {
  return {
    createKey: call(log, 'CreateKey', createKeyStatus, async (request: CreateKeyRequest) => {
      const { algorithm, gun, role } = request;
      const key = await policy.createKey(algorithm, gun, role);
      log.info('key made or given out again', { key: key.id, gun, role });
      return { keyInfo: keyInfo(key), publicKey: key.publicBytes };
    }),
    deleteKey: call(log, 'DeleteKey', deleteKeyStatus, async ({ ID }: KeyID, client) => {
      await policy.deleteKey(ID);
      log.info('key deleted', { key: echo(ID), client: client() });
      return {};
    }),
    getKeyInfo: call(log, 'GetKeyInfo', keyInfoStatus, async ({ ID }: KeyID) => {
      const { publicKey, role } = await policy.findKey(ID);
      return { keyInfo: keyInfo(publicKey), publicKey: publicKey.publicBytes, role };
    }),
  };
}

export function signerService(policy: SigningPolicy, log: Log): SignerServer {
  return {
    sign: call(log, 'Sign', signStatus, async ({ keyID, content }: SignatureRequest) => {
      const { key, method, sig } = await policy.sign(keyID?.ID ?? '', content);
      return { keyInfo: keyInfo(key), algorithm: { algorithm: method }, content: sig };
    }),
  };
}

/** A call whose failures are logged under `name` and answered with what `statusOf` makes of them. */
function call<Request, Response>(
  log: Log,
  name: string,
  statusOf: (failure: Failure, request: Request) => RpcStatus,
  answer: (request: Request, client: () => Caller) => Promise<Response>,
) {
  return unary<Request, Response>(async (request, made) => {
    const client = (): Caller => callerOf(made);
    try {
      return await answer(request, client);
    } catch (error) {
      const answered = statusOf(asFailure(error), request);
      const isFault = answered.code !== status.NOT_FOUND && answered.code !== status.UNKNOWN;
      if (isFault) log.error('call failed', { call: name, client: client(), error });
      else log.info('call refused', { call: name, reason: answered.details });
      throw new RpcError(answered);
    }
  });
}

function keyInfo(key: PublicKey): KeyInfo {
  return { keyID: { ID: key.id }, algorithm: { algorithm: key.keyType } };
}

function createKeyStatus(failure: Failure): RpcStatus {
  if (failure.code === 'ALGORITHM_UNSUPPORTED') {
    return { code: status.UNKNOWN, details: echo(failure.message) };
  }
  return lockedStatus('Key creation failed', failure) ?? internal('Key creation failed');
}

function deleteKeyStatus(): RpcStatus {
  return internal('Key deletion failed');
}

function keyInfoStatus(failure: Failure, request: KeyID): RpcStatus {
  const key = `key ${echo(request.ID)}`;
  if (failure.code === 'SIGNING_KEY_NOT_FOUND') {
    return { code: status.NOT_FOUND, details: `${key} not found` };
  }
  return lockedStatus(`${key} cannot be opened`, failure) ?? internal(`${key} cannot be read`);
}

function signStatus(failure: Failure, request: SignatureRequest): RpcStatus {
  const id = echo(request.keyID?.ID ?? '');
  if (failure.code === 'SIGNING_KEY_NOT_FOUND') {
    return { code: status.NOT_FOUND, details: `signing key not found: ${id}` };
  }
  const words = `Signing failed for KeyID ${id} on hash ${echo(request.content.toString())}`;
  if (failure.code === 'KEY_ROLE_MISMATCH') return precondition(`key ${id} does not sign`, failure);
  return lockedStatus(`key ${id} cannot be opened`, failure) ?? internal(words);
}

function lockedStatus(words: string, failure: Failure): RpcStatus | undefined {
  switch (failure.code) {
    case 'SIGNING_KEY_LOCKED':
    case 'KEY_UNREADABLE':
    case 'KEY_LIMITS':
      return precondition(words, failure);
    default:
      return undefined;
  }
}

/** FAILED_PRECONDITION, with the code of the catalogue at the end of the text: the operator has to act. */
function precondition(words: string, { code, message }: Failure): RpcStatus {
  return { code: status.FAILED_PRECONDITION, details: `${words}: ${message} [${code}]` };
}

function internal(details: string): RpcStatus {
  return { code: status.INTERNAL, details };
}

function echo(text: string): string {
  return text.length <= maxEchoLength ? text : `${text.slice(0, maxEchoLength)}…`;
}
