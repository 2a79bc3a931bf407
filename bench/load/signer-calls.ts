// Calls to a signer over mutual TLS, as a trust server makes them: all callers share one connection. The
// frames of gRPC are written here, because its library would cost the caller more than the call.
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import {
  CreateKeyRequest,
  KeyID,
  PublicKey,
  SignatureRequest,
} from '../../src/daemon/rpc/generated/signer.ts';
import type { SignerEndpoint } from '../stack.ts';

/** In front of a message stand one byte (not compressed) and four of length. */
const framePrefixBytes = 5;

export class SignerCalls {
  readonly #session: ClientHttp2Session;
  readonly #authority: string;

  private constructor(session: ClientHttp2Session, authority: string) {
    this.#session = session;
    this.#authority = authority;
  }

  /** @throws Error of the connection: nothing listens, or TLS failed */
  static open({ port, ca, cert, key }: SignerEndpoint): Promise<SignerCalls> {
    return new Promise((resolve, reject) => {
      const authority = `localhost:${port}`;
      const session = connect(`https://${authority}`, { ca, cert, key, ALPNProtocols: ['h2'] });
      session.once('error', reject);
      session.once('connect', () => {
        session.off('error', reject);
        resolve(new SignerCalls(session, authority));
      });
    });
  }

  async createKey(gun: string): Promise<string> {
    const request = CreateKeyRequest.encode({
      algorithm: 'ecdsa',
      gun,
      role: 'timestamp',
    }).finish();
    const answer = PublicKey.decode(await this.#call('proto.KeyManagement/CreateKey', request));
    return answer.keyInfo?.keyID?.ID ?? '';
  }

  async keyInfo(id: string): Promise<void> {
    await this.#call('proto.KeyManagement/GetKeyInfo', KeyID.encode({ ID: id }).finish());
  }

  async sign(id: string, content: Buffer): Promise<void> {
    const request = SignatureRequest.encode({ keyID: { ID: id }, content }).finish();
    await this.#call('proto.Signer/Sign', request);
  }

  /** The health service's Check of the signer as a whole. */
  async health(): Promise<void> {
    await this.#call('grpc.health.v1.Health/Check', Buffer.alloc(0));
  }

  close(): void {
    this.#session.destroy();
  }

  #call(method: string, message: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: `/${method}`,
        [constants.HTTP2_HEADER_AUTHORITY]: this.#authority,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const chunks: Buffer[] = [];
      let status = 'none';
      const readStatus = (headers: Readonly<Record<string, unknown>>): void => {
        if (typeof headers['grpc-status'] === 'string') status = headers['grpc-status'];
      };
      stream.on('response', readStatus);
      stream.on('trailers', readStatus);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        if (status === '0') resolve(Buffer.concat(chunks).subarray(framePrefixBytes));
        else reject(new Error(`${method}: gRPC status ${status}`));
      });
      stream.end(frame(message));
    });
  }
}

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(framePrefixBytes + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, framePrefixBytes);
  return framed;
}
