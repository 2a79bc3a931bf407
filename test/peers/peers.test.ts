import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { leftOut, needs } from './needs.ts';
import { findPeer, missingPeers, peer, peers } from './peers.ts';

describe('the list of needs', () => {
  it('names every file of test/interop, and none that is not there', () => {
    const files = readdirSync('test/interop', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => `test/interop/${path}`);
    expect(Object.keys(needs)).toEqual(expect.arrayContaining(files));
    expect(Object.keys(needs).filter((path) => !existsSync(path))).toEqual([]);
  });

  it('leaves out a file exactly where one of its peers is missing', () => {
    const missing = missingPeers();
    for (const [file, names] of Object.entries(needs)) {
      expect(leftOut().has(file)).toBe(names.some((name) => missing.includes(name)));
    }
  });
});

describe('a peer', () => {
  it('is found, or said to be missing with what brings it', () => {
    for (const name of Object.keys(peers) as (keyof typeof peers)[]) {
      if (findPeer(name) === undefined) expect(() => peer(name)).toThrow(peers[name].from);
      else expect(peer(name)).toMatch(/^\//);
    }
  });
});
