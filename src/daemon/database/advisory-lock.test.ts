import { expect, it } from 'vitest';
import { advisoryLock } from './advisory-lock.ts';

it('a text has one place, which releases keep, within 64 bits with a sign', () => {
  expect(advisoryLock('paraph registry.example.com/team/app')).toBe(-3100663913425186177n);
  for (const text of ['', 'a', 'b', 'c', 'd', 'e', 'f', 'g']) {
    expect(BigInt.asIntN(64, advisoryLock(text))).toBe(advisoryLock(text));
  }
});
