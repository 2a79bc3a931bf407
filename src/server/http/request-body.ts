// Takes the body of a request into memory, within every limit: its size, the memory that all requests share,
// and a lowest rate, so that a client which stalls or drips cannot hold the memory it has taken.
import type { IncomingMessage } from 'node:http';
import type { Share } from './byte-budget.ts';
import type { HttpLimits } from './limits.ts';

export type BodyResult =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' | 'busy' | 'too-slow' | 'gone' };

/**
 * The whole body, at most `limits.uploadBytes`. What has been taken of `share` stays taken: the caller
 * closes it when the bytes are no longer needed.
 */
export function readBody(
  request: IncomingMessage,
  limits: HttpLimits,
  share: Share,
): Promise<BodyResult> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limits.uploadBytes) return Promise.resolve({ kind: 'too-large' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let judged = 0;
    let isDone = false;
    const finish = (result: BodyResult): void => {
      isDone = true;
      clearInterval(timer);
      request.off('data', take).off('end', complete).off('close', gone).off('error', gone);
      if (result.kind !== 'body') request.pause();
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      received += chunk.length;
      if (received > limits.uploadBytes) finish({ kind: 'too-large' });
      else if (!share.take(chunk.length)) finish({ kind: 'busy' });
      else chunks.push(chunk);
    };
    const complete = (): void => finish({ kind: 'body', bytes: join(chunks, received) });
    const gone = (): void => finish({ kind: 'gone' });
    const judge = (): void => {
      if (!isDone && received - judged < leastOfWindow(judged, limits))
        finish({ kind: 'too-slow' });
      judged = received;
    };
    // What came while this process was busy is read before it is judged.
    const timer = setInterval(() => setImmediate(judge), limits.uploadWindowMs);
    request.on('data', take).on('end', complete).on('close', gone).on('error', gone);
  });
}

/** How many bytes a window must bring after `received` bytes. */
function leastOfWindow(received: number, limits: HttpLimits): number {
  const { uploadWindowMs, uploadBytesPerSecond, uploadGrowth } = limits;
  return Math.max((uploadWindowMs / 1000) * uploadBytesPerSecond, received * uploadGrowth);
}

/** One piece of memory of its own: pieces of it may be kept for long by the store. */
function join(chunks: readonly Buffer[], length: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(whole, at);
  return whole;
}
