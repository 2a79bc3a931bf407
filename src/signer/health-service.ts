// gRPC's health call under the names that notary's server asks for.
import { status } from '@grpc/grpc-js';
import type { Health } from '../daemon/health.ts';
import {
  HealthCheckResponse_ServingStatus,
  type HealthServer,
} from '../daemon/rpc/generated/health.ts';
import { healthServiceNames } from '../daemon/rpc/protocol.ts';
import { RpcError, unary } from '../daemon/rpc/unary.ts';

const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;

export function healthService(health: Health): HealthServer {
  const known: ReadonlySet<string> = new Set(healthServiceNames);
  return {
    check: unary(async ({ service }) => {
      if (!known.has(service)) {
        throw new RpcError({ code: status.NOT_FOUND, details: 'unknown service' });
      }
      return { status: health.failures.size === 0 ? SERVING : NOT_SERVING };
    }),
  };
}
