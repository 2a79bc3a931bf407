// Between a handler that returns a promise and grpc-js, which wants a callback.
//
// Invariants:
// - What a handler throws never reaches the caller, only the status that it chose.
// - The text of a status is well-formed UTF-16: with half a character in it, grpc-js throws where nobody catches.
import {
  type handleUnaryCall,
  type ServerUnaryCall,
  type StatusObject,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';

/** What a call ends with: gRPC's number, and words for the caller, which travel as a header. */
export type RpcStatus = Pick<StatusObject, 'code' | 'details'>;

/** Thrown by a handler: the status with which the call ends. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly status: RpcStatus;
  constructor(answered: RpcStatus) {
    super(answered.details);
    this.status = answered;
  }
}

/** The call that `answer` answers, which is given the request and the call. What it throws is reported as INTERNAL, unless it is an RpcError. */
export function unary<Request, Response>(
  answer: (request: Request, call: ServerUnaryCall<Request, Response>) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  const handle = async (
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
  ): Promise<void> => {
    let response: Response;
    try {
      response = await answer(call.request, call);
    } catch (error) {
      callback(statusOf(error));
      return;
    }
    callback(null, response);
  };
  return (call, callback) => void handle(call, callback);
}

function statusOf(error: unknown): RpcStatus {
  if (!(error instanceof RpcError)) return { code: status.INTERNAL, details: 'internal error' };
  const { code, details } = error.status;
  return { code, details: details.toWellFormed() };
}
