// Places in PostgreSQL's table of advisory locks.
import { createHash } from 'node:crypto';

/**
 * The number of 64 bits that `text` is locked by. Two texts that share one only wait for each other. What a text is
 * made of stays as it is: releases of two versions lock the same.
 */
export function advisoryLock(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigInt64BE();
}
