import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findPeer, interopFiles, missingPeers, peer, peers, runnableFiles } from './peers.ts';

describe('the register of peers', () => {
  it('names every file of test/interop, and no other', () => {
    const files = readdirSync('test/interop', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => `test/interop/${path}`);
    expect(Object.keys(interopFiles).toSorted()).toEqual(files.toSorted());
  });

  it('runs a file exactly where none of its peers is missing', () => {
    const missing = missingPeers();
    for (const [file, needs] of Object.entries(interopFiles)) {
      expect(runnableFiles().includes(file)).toBe(!needs.some((name) => missing.includes(name)));
    }
  });

  it('finds a program or says that it is missing, and what brings it', () => {
    for (const name of Object.keys(peers) as (keyof typeof peers)[]) {
      const path = findPeer(name);
      if (path === undefined) expect(() => peer(name)).toThrow(peers[name].from);
      else expect(peer(name)).toMatch(/^\//);
    }
  });
});
