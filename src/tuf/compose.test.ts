import { describe, expect, it } from 'vitest';
import { release } from './compose.ts';

describe('the next version of a role', () => {
  it.each([
    [0, 1],
    [41, 42],
    [Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER],
  ])('after %d is %d', (previous, next) => {
    expect(release('targets', previous, 0).version).toBe(next);
  });

  it.each([Number.MAX_SAFE_INTEGER, 2 ** 60, Number.NaN, 1.5])(
    'after %d there is none that every program reads alike',
    (previous) => {
      expect(() => release('targets/a', previous, 0)).toThrow(
        expect.objectContaining({ code: 'VERSION_LEAP' }),
      );
    },
  );
});
