// What server and signer agree on beside the messages: sizes and the names of the health services. The
// messages and stubs are generated from proto/ into generated/ (see proto/README.md).

/** Largest message either side accepts: gRPC's own default, which the Go programs keep. */
export const maxMessageBytes = 4 * 1024 * 1024;

/**
 * The services whose health a Go server asks for, in its order; both must be SERVING. The odd names are
 * notary's. The empty name is the signer as a whole.
 */
export const healthServiceNames = [
  'grpc.health.v1.Health.KeyManagement',
  'grpc.health.v1.Health.Signer',
  '',
] as const;
