// The four calls of notary's signer over gRPC: read the request, call the policy, answer with Go's status codes
// and words (signer reference, section 1.1). Scripts and the Go server match on those words; what notary has no
// word for (a key that is there but locked) has a status of its own, so that nobody takes it for "not found".
import { type handleUnaryCall, type StatusObject, type sendUnaryData, status } from '@grpc/grpc-js';
import type { Log } from '../daemon/log.ts';
import type {
  CreateKeyRequest,
  GetKeyInfoResponse,
  KeyID,
  KeyInfo,
  KeyManagementServer,
  PublicKey as PublicKeyMessage,
  Signature,
  SignatureRequest,
  SignerServer,
  Void,
} from '../daemon/rpc/generated/signer.ts';
import { asFailure, type Failure } from '../errors.ts';
import type { PublicKey } from '../tuf/public-key.ts';
import type { SigningPolicy } from './policy.ts';

/** Longest text of a peer that is given back in a status, which travels as a header. */
const maxEchoLength = 1024;

type Status = Pick<StatusObject, 'code' | 'details'>;

export function keyManagementService(policy: SigningPolicy, log: Log): KeyManagementServer {
  return {
    createKey: unary(log, 'CreateKey', createKeyStatus, async (request: CreateKeyRequest) => {
      const key = await policy.createKey(request.algorithm, request.gun, request.role);
      log.info('key made or given out again', {
        key: key.id,
        gun: request.gun,
        role: request.role,
      });
      return { keyInfo: keyInfo(key), publicKey: key.publicBytes } satisfies PublicKeyMessage;
    }),
    deleteKey: unary(log, 'DeleteKey', internal('Key deletion failed'), async (request: KeyID) => {
      await policy.deleteKey(request.ID);
      log.info('key deleted', { key: echo(request.ID) });
      return {} satisfies Void;
    }),
    getKeyInfo: unary(log, 'GetKeyInfo', keyInfoStatus, async (request: KeyID) => {
      const { publicKey, role } = await policy.findKey(request.ID);
      const info = { keyInfo: keyInfo(publicKey), publicKey: publicKey.publicBytes, role };
      return info satisfies GetKeyInfoResponse;
    }),
  };
}

export function signerService(policy: SigningPolicy, log: Log): SignerServer {
  return {
    sign: unary(log, 'Sign', signStatus, async (request: SignatureRequest) => {
      const { key, method, sig } = await policy.sign(request.keyID?.ID ?? '', request.content);
      const signature = { keyInfo: keyInfo(key), algorithm: { algorithm: method }, content: sig };
      return signature satisfies Signature;
    }),
  };
}

function keyInfo(key: PublicKey): KeyInfo {
  return { keyID: { ID: key.id }, algorithm: { algorithm: key.keyType } };
}

function unary<Request, Response>(
  log: Log,
  call: string,
  statusOf: (failure: Failure, request: Request) => Status,
  answer: (request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  const handle = async (request: Request, callback: sendUnaryData<Response>): Promise<void> => {
    let response: Response;
    try {
      response = await answer(request);
    } catch (error) {
      const answered = statusOf(asFailure(error), request);
      const isFault = answered.code !== status.NOT_FOUND && answered.code !== status.UNKNOWN;
      if (isFault) log.error('call failed', { call, error });
      else log.info('call refused', { call, reason: answered.details });
      callback(answered);
      return;
    }
    callback(null, response);
  };
  return ({ request }, callback) => void handle(request, callback);
}

function createKeyStatus(failure: Failure): Status {
  if (failure.code === 'ALGORITHM_UNSUPPORTED') {
    return { code: status.UNKNOWN, details: echo(failure.message) };
  }
  return lockedStatus('Key creation failed', failure) ?? internal('Key creation failed')();
}

function keyInfoStatus(failure: Failure, request: KeyID): Status {
  const key = `key ${echo(request.ID)}`;
  if (failure.code === 'SIGNING_KEY_NOT_FOUND') {
    return { code: status.NOT_FOUND, details: `${key} not found` };
  }
  return lockedStatus(`${key} cannot be opened`, failure) ?? internal(`${key} cannot be read`)();
}

function signStatus(failure: Failure, request: SignatureRequest): Status {
  const id = echo(request.keyID?.ID ?? '');
  if (failure.code === 'SIGNING_KEY_NOT_FOUND') {
    return { code: status.NOT_FOUND, details: `signing key not found: ${id}` };
  }
  const words = `Signing failed for KeyID ${id} on hash ${echo(request.content.toString())}`;
  return lockedStatus(`key ${id} cannot be opened`, failure) ?? internal(words)();
}

/** FAILED_PRECONDITION, with the code of the catalogue at the end of the text: the operator has to act. */
function lockedStatus(words: string, failure: Failure): Status | undefined {
  switch (failure.code) {
    case 'SIGNING_KEY_LOCKED':
    case 'KEY_UNREADABLE':
    case 'KEY_LIMITS':
      return {
        code: status.FAILED_PRECONDITION,
        details: `${words}: ${failure.message} [${failure.code}]`,
      };
    default:
      return undefined;
  }
}

function internal(details: string): () => Status {
  return () => ({ code: status.INTERNAL, details });
}

function echo(text: string): string {
  return text.length <= maxEchoLength ? text : `${text.slice(0, maxEchoLength)}…`;
}
