// Everything of ours that opens a TLS connection, against peers whose certificate nobody vouches for. Prints what came
// of each as JSON; `node` is Node's own client, which shows that the variable of the test is in force.
import { get } from 'node:https';
import { isFailure } from '../../../src/errors.ts';
import { createHttpClient } from '../../../src/remote/http.ts';
import { SignerConnection } from '../../../src/server/release/signer-connection.ts';

const [port, plainProxy, tlsProxy, signerPort] = process.argv.slice(2);

const outcome = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'answered',
    (error: unknown) => (isFailure(error) ? error.code : String(error)),
  );

async function throughHttp(host: string, HTTPS_PROXY?: string): Promise<string> {
  const http = createHttpClient({ proxies: HTTPS_PROXY === undefined ? {} : { HTTPS_PROXY } });
  const answered = await outcome(
    http.send({
      method: 'GET',
      url: new URL(`https://${host}/`),
      headers: { authorization: 'Bearer secret' },
      maxBytes: 1000,
    }),
  );
  http.close();
  return answered;
}

async function throughGrpc(): Promise<string> {
  const signer = new SignerConnection({
    host: 'localhost',
    port: Number(signerPort),
    credentials: async () => ({}),
  });
  const check = {
    path: '/grpc.health.v1.Health/Check',
    requestSerialize: () => Buffer.alloc(0),
    responseDeserialize: (bytes: Buffer) => bytes,
  };
  const answered = await outcome(signer.call(check, undefined, 2000));
  await signer.close();
  return answered;
}

const node = new Promise((resolve, reject) => {
  get(`https://localhost:${port}/`, (answer) => resolve(answer.resume())).on('error', reject);
});
const results = {
  node: await outcome(node),
  direct: await throughHttp(`localhost:${port}`),
  tunnel: await throughHttp('trust.example.com', plainProxy),
  proxy: await throughHttp('trust.example.com', tlsProxy),
  signer: await throughGrpc(),
};
process.stdout.write(JSON.stringify(results));
