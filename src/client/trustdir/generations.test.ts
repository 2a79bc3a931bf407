import { describe, expect, it } from 'vitest';
import type { RoleName } from '../../tuf/role.ts';
import {
  beginGeneration,
  continueGeneration,
  generationOf,
  generationsBytes,
  parseGenerations,
  type RootFacts,
  raiseFloors,
} from './generations.ts';

const nowMs = Date.parse('2026-11-25T00:00:00Z');

function root(name: string, changes: Partial<RootFacts> = {}): RootFacts {
  return {
    bytes: Buffer.from(name),
    version: 1,
    rootKeyIds: [`key of ${name}`],
    certificateIds: [`certificate of ${name}`],
    listedKeyIds: [`certificate of ${name}`],
    ...changes,
  };
}

const versions = (...pairs: readonly (readonly [RoleName, number])[]) => new Map(pairs);

describe('a generation', () => {
  it('remembers when and why its first root was trusted, through every later root', () => {
    const first = beginGeneration(root('one'), 'first-use', nowMs);
    const next = continueGeneration(first, root('two', { version: 2 }));
    expect(next).toMatchObject({ sinceMs: nowMs, reason: 'first-use', rootKeyIds: ['key of one'] });
    expect(next.rootHashes).toHaveLength(2);
    expect(next.root.toString()).toBe('two');
    expect(next.floors.get('root')).toBe(2);
  });

  it('has floors that only rise', () => {
    const first = beginGeneration(root('one'), 'first-use', nowMs);
    const high = raiseFloors(first, versions(['targets', 5], ['timestamp', 9]));
    const low = raiseFloors(high, versions(['targets', 4], ['timestamp', 10], ['snapshot', 1]));
    expect([...low.floors]).toEqual([
      ['root', 1],
      ['targets', 5],
      ['timestamp', 10],
      ['snapshot', 1],
    ]);
  });

  it('is found by a root it has seen, and by one that lists one of its certificates', () => {
    const one = beginGeneration(root('one'), 'first-use', nowMs);
    const two = beginGeneration(root('two'), 'cache', nowMs);
    expect(generationOf([one, two], root('one'))).toBe(one);
    const later = root('later', { listedKeyIds: ['certificate of later', 'certificate of one'] });
    expect(generationOf([one, two], later)).toBe(one);
  });

  it('is a new one for the same root key under a new certificate', () => {
    const one = beginGeneration(root('one'), 'first-use', nowMs);
    const made = root('again', { rootKeyIds: ['key of one'] });
    expect(generationOf([one], made)).toBeUndefined();
  });

  it('comes back from its file as it was, tags like __proto__ included', () => {
    const one = raiseFloors(
      beginGeneration(root('one'), 'ca-pin', nowMs),
      versions(['targets/__proto__', 3], ['timestamp', 7]),
    );
    const two = beginGeneration(root('two'), 'made-here', nowMs + 1);
    expect(parseGenerations(generationsBytes([one, two]), 'x')).toEqual([one, two]);
  });
});
