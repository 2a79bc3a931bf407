import { describe, expect, it } from 'vitest';
import { ByteBudget, Share } from './byte-budget.ts';

describe('byte budget', () => {
  it('is taken up to its limit, by all together', () => {
    const budget = new ByteBudget(100);
    expect(budget.take(60)).toBe(true);
    expect(budget.take(41)).toBe(false);
    expect(budget.take(40)).toBe(true);
    expect(budget.takenBytes).toBe(100);
  });

  it('gives nobody more than it keeps for all others', () => {
    const budget = new ByteBudget(100);
    const [one, other, third] = [new Share(budget), new Share(budget), new Share(budget)];
    expect(one.take(40)).toBe(true);
    expect(one.take(11)).toBe(false);
    expect(one.take(10)).toBe(true);
    expect(other.take(26)).toBe(false);
    expect(other.take(25)).toBe(true);
    expect(third.take(12)).toBe(true);
    one.close();
    expect(third.take(20)).toBe(true);
  });

  it('leaves room for a small share, however many take all they can', () => {
    const budget = new ByteBudget(1_000_000);
    for (let time = 0; time < 100; time += 1) {
      const greedy = new Share(budget);
      while (greedy.take(100)) if (budget.takenBytes > 1_000_000) throw new Error('too much');
    }
    expect(new Share(budget).take(1)).toBe(true);
  });

  it('is given back once', () => {
    const budget = new ByteBudget(100);
    const share = new Share(budget);
    share.take(40);
    share.close();
    share.close();
    expect(budget.takenBytes).toBe(0);
    expect(share.take(50)).toBe(true);
  });

  it('never grants more than the whole', () => {
    expect(new ByteBudget(100).take(101)).toBe(false);
    expect(new Share(new ByteBudget(100)).take(101)).toBe(false);
  });
});
