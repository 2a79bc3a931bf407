import { describe, expect, it } from 'vitest';
import { compareNaturally } from './natural-order.ts';

describe('the order of tags', () => {
  // By Go's sortorder.NaturalLess, which docker uses.
  it.each([
    [
      ['v10', 'v9', 'v1'],
      ['v1', 'v9', 'v10'],
    ],
    [
      ['a', '1', 'B', '_'],
      ['1', 'B', '_', 'a'],
    ],
    [
      ['1.02', '1.2', '1.10', '1'],
      ['1', '1.2', '1.02', '1.10'],
    ],
    [
      ['v', 'v1', 'v1a', 'v1.0'],
      ['v', 'v1', 'v1.0', 'v1a'],
    ],
    [
      ['00', '0', '000'],
      ['0', '00', '000'],
    ],
    [
      ['99999999999999999999', '100000000000000000000'],
      ['99999999999999999999', '100000000000000000000'],
    ],
  ])('of %j is %j', (tags, sorted) => {
    expect(tags.toSorted(compareNaturally)).toEqual(sorted);
    expect(tags.toReversed().toSorted(compareNaturally)).toEqual(sorted);
  });
});
