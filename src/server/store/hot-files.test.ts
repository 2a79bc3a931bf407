import { describe, expect, it } from 'vitest';
import { HotFiles } from './hot-files.ts';
import type { StoredFile } from './store.ts';

function file(bytes: number): StoredFile {
  return { role: 'root', version: 1, sha256: '', bytes: Buffer.alloc(bytes), createdAtMs: 0 };
}

describe('hot files', () => {
  it('gives back what it was given', () => {
    const hot = new HotFiles(10_000);
    const one = file(10);
    hot.set(1, one);
    expect(hot.get(1)).toBe(one);
    expect(hot.get(2)).toBeUndefined();
  });

  it('never holds more bytes than its limit', () => {
    const hot = new HotFiles(100_000);
    for (let id = 0; id < 1000; id += 1) {
      hot.set(id, file(id * 17));
      expect(hot.heldBytes).toBeLessThanOrEqual(100_000);
    }
    expect(hot.get(999)).toBeDefined();
    expect(hot.get(0)).toBeUndefined();
  });

  it('counts small files at what they cost', () => {
    const hot = new HotFiles(100_000);
    for (let id = 0; id < 10_000; id += 1) hot.set(id, file(0));
    const held = Array.from({ length: 10_000 }, (_, id) => hot.get(id)).filter(Boolean);
    expect(held.length).toBeLessThan(100);
  });

  it('lets go of the one not used for longest', () => {
    const hot = new HotFiles(50_000);
    for (const id of [1, 2, 3]) hot.set(id, file(10_000));
    hot.get(1);
    hot.set(4, file(10_000));
    expect(hot.get(1)).toBeDefined();
    expect(hot.get(2)).toBeUndefined();
  });

  it('does not keep one file that would push out all others, but shares it while it is read', () => {
    const hot = new HotFiles(40_000);
    hot.set(1, file(1000));
    const large = file(30_000);
    hot.set(2, large);
    expect(hot.heldBytes).toBeLessThan(10_000);
    expect(hot.get(2)).toBe(large);
    expect(hot.get(1)).toBeDefined();
  });

  it('lets go when it is told to', () => {
    const hot = new HotFiles(40_000);
    hot.set(1, file(1000));
    hot.forget(1);
    hot.forget(2);
    expect([hot.get(1), hot.heldBytes]).toEqual([undefined, 0]);
  });

  it('counts a file that is set twice once', () => {
    const hot = new HotFiles(40_000);
    hot.set(1, file(1000));
    const { heldBytes } = hot;
    hot.set(1, file(1000));
    expect(hot.heldBytes).toBe(heldBytes);
  });
});
