// What server and signer agree on beside the messages: sizes and the names of the health services. The
// messages and stubs are generated from proto/ into generated/ (see proto/README.md).

/** Largest message either side accepts: gRPC's own default, which the Go programs keep. */
export const maxMessageBytes = 4 * 1024 * 1024;

/** The two services whose health a Go server asks for; both must be SERVING. The odd names are notary's. */
export const keyManagementHealth = 'grpc.health.v1.Health.KeyManagement';
export const signerHealth = 'grpc.health.v1.Health.Signer';
/** The empty name is the signer as a whole. */
export const healthServiceNames = [keyManagementHealth, signerHealth, ''] as const;
