import { describe, expect, it } from 'vitest';
import { asFailure, catalogue, Failure } from './errors.ts';

const cause = new Error('closed');
const first = new Failure('UNREACHABLE', 'no answer', {
  cause,
  facts: { server: 'https://a', status: 'none' },
  meaning: 'It is down.',
  remedy: 'Wait.',
});

function told({ code, message, facts, meaning, remedy, exit }: Failure): object {
  return { code, message, facts, meaning, remedy, exit };
}

describe('a failure told otherwise', () => {
  it('is another failure, with the first one as its cause', () => {
    const other = first.with({ message: 'no answer from a' });
    expect(other).toBeInstanceOf(Failure);
    expect(other).not.toBe(first);
    expect(other.cause).toBe(first);
    expect(asFailure(other)).toBe(other);
  });

  it('keeps what is not given', () => {
    expect(told(first.with({}))).toEqual(told(first));
    expect(told(first.with({ message: 'm' }))).toEqual({ ...told(first), message: 'm' });
    expect(told(first.with({ remedy: 'r' }))).toEqual({ ...told(first), remedy: 'r' });
    expect(told(first.with({ meaning: 'm' }))).toEqual({ ...told(first), meaning: 'm' });
    expect(told(first.with({ facts: { a: 'b' } }))).toEqual({ ...told(first), facts: { a: 'b' } });
  });

  it('leaves the first one as it was', () => {
    const before = told(first);
    first.with({ message: 'm', facts: {}, meaning: 'm', remedy: '' });
    expect(told(first)).toEqual(before);
    expect(first.cause).toBe(cause);
  });

  it('may have no remedy at all, and one of the catalogue only when the first one had', () => {
    expect(first.with({ remedy: '' }).remedy).toBe('');
    expect(first.with({ remedy: '' }).with({ message: 'm' }).remedy).toBe('');
    const plain = new Failure('UNREACHABLE', 'no answer');
    expect(plain.with({ message: 'm' }).remedy).toBe(catalogue.UNREACHABLE.remedy);
  });

  it('gets no meaning from nowhere', () => {
    expect(new Failure('DISK', 'full').with({ message: 'm' }).meaning).toBeUndefined();
  });

  it('keeps the facts in their order', () => {
    const { facts } = first.with({ facts: { file: 'f', ...first.facts } });
    expect(Object.keys(facts)).toEqual(['file', 'server', 'status']);
  });
});
