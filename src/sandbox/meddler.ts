// Someone between a consumer and the trust server, whose certificate the consumer accepts: passes everything on
// until told to answer otherwise. The real client meets the real server through this.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import { Failure } from '../errors.ts';

export interface MeddlerOptions {
  /** PEM: shown to clients, and the only authority that the server behind is checked against. */
  readonly tls: { readonly cert: string; readonly key: string };
  /** `https://localhost:PORT` */
  readonly server: string;
}

/** What the client gets in place of the server's answer to `path`; undefined passes the answer on. */
export type Meddling = (path: string, answer: Buffer) => Buffer | undefined;

type Refusing = (method: string, path: string) => number | undefined | Promise<number | undefined>;

/** No file of the sandbox is larger. */
const maxBodyBytes = 16 * 1024 * 1024;

export class Meddler {
  readonly url: string;
  /** Where requests go. */
  server: string;
  meddling: Meddling | undefined;
  /** A status to answer with instead of passing the request on; may take its time. */
  refuse: Refusing | undefined;
  /** Hears of each request that the server has answered, before the client does. */
  answered: ((method: string, path: string) => Promise<void>) | undefined;
  readonly #close: () => Promise<void>;

  private constructor(url: string, server: string, close: () => Promise<void>) {
    this.url = url;
    this.server = server;
    this.#close = close;
  }

  /** Listens on a free port of loopback. */
  static async start({ tls, server }: MeddlerOptions): Promise<Meddler> {
    const agent = new Agent({ ca: tls.cert, rejectUnauthorized: true, keepAlive: true });
    const listener = createServer(tls, (request, response) => {
      meddler.#answer(request, response, agent).catch(() => response.destroy());
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    if (address === null || typeof address === 'string') {
      throw new Failure('INTERNAL', 'the sandbox has no port to listen on');
    }
    const meddler = new Meddler(`https://localhost:${address.port}`, server, async () => {
      agent.destroy();
      const closed = once(listener, 'close');
      listener.close();
      listener.closeAllConnections();
      await closed;
    });
    return meddler;
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse, agent: Agent): Promise<void> {
    const path = request.url ?? '/';
    const sent = await collect(request);
    const method = request.method ?? 'GET';
    const refusal = await this.refuse?.(method, path);
    if (refusal !== undefined) {
      response.writeHead(refusal).end('{}');
      return;
    }
    const given = await this.#ask(path, request, sent, agent);
    const body = await collect(given);
    await this.answered?.(method, path);
    const answered = this.meddling?.(path, body) ?? body;
    const type = given.headers['content-type'];
    const status = answered === body ? (given.statusCode ?? 502) : 200;
    response.writeHead(status, {
      ...(type === undefined ? {} : { 'content-type': type }),
      'content-length': answered.length,
    });
    response.end(answered);
  }

  #ask(
    path: string,
    { method = 'GET', headers }: IncomingMessage,
    sent: Buffer,
    agent: Agent,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const passed = httpsRequest(new URL(path, this.server), { agent, method, headers });
      passed.on('response', resolve).on('error', reject);
      passed.end(sent);
    });
  }
}

async function collect(message: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let total = 0;
  for await (const piece of message) {
    total += piece.length;
    if (total > maxBodyBytes)
      throw new Failure('RESPONSE_TOO_LARGE', 'more than the sandbox moves');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
