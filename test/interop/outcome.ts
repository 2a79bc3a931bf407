// What tests say about a program that has ended.
import { expect } from 'vitest';
import type { Outcome } from '../peers/program.ts';

/** Fails with the program's own words when it did not succeed. */
export function expectDone({ status, text }: Outcome): void {
  expect(status, text).toBe(0);
}
