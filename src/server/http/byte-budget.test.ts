import { describe, expect, it } from 'vitest';
import { ByteBudget, Share } from './byte-budget.ts';

describe('byte budget', () => {
  it('is taken up to its limit, by all together', () => {
    const budget = new ByteBudget(100);
    const [one, other] = [new Share(budget), new Share(budget)];
    expect(one.take(60)).toBe(true);
    expect(other.take(41)).toBe(false);
    expect(other.take(40)).toBe(true);
    expect(one.take(1)).toBe(false);
    expect(budget.takenBytes).toBe(100);
  });

  it('is given back once', () => {
    const budget = new ByteBudget(100);
    const share = new Share(budget);
    share.take(60);
    share.close();
    share.close();
    expect(budget.takenBytes).toBe(0);
    expect(share.take(100)).toBe(true);
  });

  it('never grants more than the whole', () => {
    expect(new Share(new ByteBudget(100)).take(101)).toBe(false);
  });
});
