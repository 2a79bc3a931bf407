// gRPC's health call under the names that notary's server asks for.
import type { Health } from '../daemon/health.ts';
import { rpcStatus } from '../daemon/rpc/framing.ts';
import {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
} from '../daemon/rpc/generated/messages/health.ts';
import { healthServiceNames } from '../daemon/rpc/protocol.ts';
import { RpcError, type UnaryHandler } from '../daemon/rpc/unary-server.ts';

const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;

/** The call by its path. */
export function healthHandlers(health: Health): ReadonlyMap<string, UnaryHandler> {
  const known: ReadonlySet<string> = new Set(healthServiceNames);
  const check: UnaryHandler = async (message) => {
    if (!known.has(HealthCheckRequest.decode(message).service)) {
      throw new RpcError({ code: rpcStatus.notFound, details: 'unknown service' });
    }
    const status = health.failures.size === 0 ? SERVING : NOT_SERVING;
    return HealthCheckResponse.encode({ status }).finish();
  };
  return new Map([['/grpc.health.v1.Health/Check', check]]);
}
