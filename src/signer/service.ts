// The four calls of notary's signer over gRPC: read the request, call the policy, answer with Go's status codes
// and words (signer reference, section 1.1). Scripts and the Go server match on those words; what notary has no
// word for (a key that is there but locked) has a status of its own, so that nobody takes it for "not found".
import type { Log } from '../daemon/log.ts';
import { type RpcStatus, rpcStatus } from '../daemon/rpc/framing.ts';
import {
  CreateKeyRequest,
  GetKeyInfoResponse,
  KeyID,
  type KeyInfo,
  type MessageFns,
  PublicKey as PublicKeyMessage,
  Signature,
  SignatureRequest,
  Void,
} from '../daemon/rpc/generated/messages/signer.ts';
import { RpcError, type UnaryHandler } from '../daemon/rpc/unary-server.ts';
import { asFailure, type Failure } from '../errors.ts';
import type { PublicKey } from '../tuf/public-key.ts';
import type { SigningPolicy } from './policy.ts';

/** Longest text of a peer that is given back in a status, which travels as a header. */
const maxEchoLength = 1024;

/** The calls of both services by path. */
export function signerHandlers(policy: SigningPolicy, log: Log): ReadonlyMap<string, UnaryHandler> {
  return new Map([...keyManagement(policy, log), ...signer(policy, log)]);
}

function keyManagement(
  policy: SigningPolicy,
  log: Log,
): readonly (readonly [string, UnaryHandler])[] {
  const createKey = handler(
    log,
    'proto.KeyManagement/CreateKey',
    CreateKeyRequest,
    PublicKeyMessage,
    {
      async answer({ algorithm, gun, role }) {
        const key = await policy.createKey(algorithm, gun, role);
        log.info('key made or given out again', { key: key.id, gun, role });
        return { keyInfo: keyInfo(key), publicKey: key.publicBytes };
      },
      statusOf: createKeyStatus,
    },
  );
  const deleteKey = handler(log, 'proto.KeyManagement/DeleteKey', KeyID, Void, {
    async answer({ ID }) {
      await policy.deleteKey(ID);
      log.info('key deleted', { key: echo(ID) });
      return {};
    },
    statusOf: () => internal('Key deletion failed'),
  });
  const getKeyInfo = handler(log, 'proto.KeyManagement/GetKeyInfo', KeyID, GetKeyInfoResponse, {
    async answer({ ID }) {
      const { publicKey, role } = await policy.findKey(ID);
      return { keyInfo: keyInfo(publicKey), publicKey: publicKey.publicBytes, role };
    },
    statusOf: keyInfoStatus,
  });
  return [createKey, deleteKey, getKeyInfo];
}

function signer(policy: SigningPolicy, log: Log): readonly (readonly [string, UnaryHandler])[] {
  const sign = handler(log, 'proto.Signer/Sign', SignatureRequest, Signature, {
    async answer({ keyID, content }) {
      const { key, method, sig } = await policy.sign(keyID?.ID ?? '', content);
      return { keyInfo: keyInfo(key), algorithm: { algorithm: method }, content: sig };
    },
    statusOf: signStatus,
  });
  return [sign];
}

interface Call<Request, Response> {
  answer(request: Request): Promise<Response>;
  statusOf(failure: Failure, request: Request): RpcStatus;
}

function handler<Request, Response>(
  log: Log,
  name: string,
  requests: MessageFns<Request>,
  responses: MessageFns<Response>,
  call: Call<Request, Response>,
): readonly [string, UnaryHandler] {
  const handle: UnaryHandler = async (message) => {
    const request = requests.decode(message);
    try {
      return responses.encode(await call.answer(request)).finish();
    } catch (error) {
      const status = call.statusOf(asFailure(error), request);
      const isFault = status.code !== rpcStatus.notFound && status.code !== rpcStatus.unknown;
      if (isFault) log.error('call failed', { call: name, error });
      else log.info('call refused', { call: name, reason: status.details });
      throw new RpcError(status);
    }
  };
  return [`/${name}`, handle];
}

function keyInfo(key: PublicKey): KeyInfo {
  return { keyID: { ID: key.id }, algorithm: { algorithm: key.keyType } };
}

function createKeyStatus(failure: Failure): RpcStatus {
  if (failure.code === 'ALGORITHM_UNSUPPORTED') {
    return { code: rpcStatus.unknown, details: echo(failure.message) };
  }
  return lockedStatus('Key creation failed', failure) ?? internal('Key creation failed');
}

function keyInfoStatus(failure: Failure, request: KeyID): RpcStatus {
  const key = `key ${echo(request.ID)}`;
  if (failure.code === 'SIGNING_KEY_NOT_FOUND') {
    return { code: rpcStatus.notFound, details: `${key} not found` };
  }
  return lockedStatus(`${key} cannot be opened`, failure) ?? internal(`${key} cannot be read`);
}

function signStatus(failure: Failure, request: SignatureRequest): RpcStatus {
  const id = echo(request.keyID?.ID ?? '');
  if (failure.code === 'SIGNING_KEY_NOT_FOUND') {
    return { code: rpcStatus.notFound, details: `signing key not found: ${id}` };
  }
  const words = `Signing failed for KeyID ${id} on hash ${echo(request.content.toString())}`;
  return lockedStatus(`key ${id} cannot be opened`, failure) ?? internal(words);
}

/** FAILED_PRECONDITION, with the code of the catalogue at the end of the text: the operator has to act. */
function lockedStatus(words: string, failure: Failure): RpcStatus | undefined {
  switch (failure.code) {
    case 'SIGNING_KEY_LOCKED':
    case 'KEY_UNREADABLE':
    case 'KEY_LIMITS':
      return {
        code: rpcStatus.failedPrecondition,
        details: `${words}: ${failure.message} [${failure.code}]`,
      };
    default:
      return undefined;
  }
}

function internal(details: string): RpcStatus {
  return { code: rpcStatus.internal, details };
}

function echo(text: string): string {
  return text.length <= maxEchoLength ? text : `${text.slice(0, maxEchoLength)}…`;
}
