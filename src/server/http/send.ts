// Puts an answer on the wire. A large body goes out slice by slice as the reader takes it, so that a reader who
// takes nothing is seen (connection-guard.ts) and no more than a slice waits in the connection.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import type { HttpLimits } from './limits.ts';

export function send(response: ServerResponse, answer: Answer, limits: HttpLimits): void {
  const { body, headers, status } = answer;
  response.writeHead(status, headers);
  if (body.length <= limits.sliceBytes) response.end(body);
  else void sendSlices(response, body, limits.sliceBytes);
}

async function sendSlices(
  response: ServerResponse,
  body: Buffer,
  sliceBytes: number,
): Promise<void> {
  for (let at = 0; at < body.length; at += sliceBytes) {
    if (response.destroyed) return;
    const isTaken = response.write(body.subarray(at, at + sliceBytes));
    if (!isTaken) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/**
 * After a request was answered before its body was read: reads on for a moment, so that the client sees the
 * answer rather than a broken connection, then cuts.
 */
export function drainRefused(request: IncomingMessage, limits: HttpLimits): void {
  if (request.complete || request.destroyed) return;
  let left = limits.refusedBodyBytes;
  const cut = (): void => void request.socket.destroy();
  const timer = setTimeout(cut, limits.refusedBodyMs);
  request.on('close', () => clearTimeout(timer));
  request.on('end', () => clearTimeout(timer));
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cut();
  });
  request.resume();
}
