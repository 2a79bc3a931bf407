import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepositorySimulator } from '../../test/simulator/repository.ts';
import { type ErrorCode, Failure } from '../errors.ts';
import { parseRoot } from './root.ts';
import { parseSnapshot, parseTimestamp } from './snapshot.ts';
import { parseTargets } from './targets.ts';

const sim = new RepositorySimulator();
sim.delegate('targets/releases');
sim.tag('1.4');
sim.publish();

const readers = {
  root: parseRoot,
  targets: (bytes: Buffer) => parseTargets(bytes, 'targets'),
  snapshot: parseSnapshot,
  timestamp: parseTimestamp,
} as const;
const roles = ['root', 'targets', 'snapshot', 'timestamp'] as const;

const refusal = (code: ErrorCode) => expect.objectContaining({ code });

function edited(role: (typeof roles)[number], from: string | RegExp, to: string): Buffer {
  const text = sim.bytes(role).toString();
  const result = text.replace(from, to);
  expect(result).not.toBe(text);
  return Buffer.from(result);
}

describe('a metadata file that is not what its role requires', () => {
  for (const [what, role, from, to, code] of [
    ['of another type', 'timestamp', '"Timestamp"', '"Snapshot"', 'METADATA_INVALID'],
    ['of the type in lower case', 'root', '"Root"', '"root"', 'METADATA_INVALID'],
    ['with version 0', 'snapshot', /"version":\d+/, '"version":0', 'METADATA_INVALID'],
    ['with a negative version', 'targets', /"version":\d+\}/, '"version":-1}', 'METADATA_INVALID'],
    [
      'with a version that is text',
      'timestamp',
      /"version":\d+/,
      '"version":"1"',
      'METADATA_INVALID',
    ],
    [
      'with a version of one half',
      'timestamp',
      /"version":\d+/,
      '"version":1.5',
      'METADATA_INVALID',
    ],
    ['without a version', 'timestamp', /,"version":\d+/, '', 'METADATA_INVALID'],
    ['without expiry', 'snapshot', /"expires":"[^"]*",/, '', 'METADATA_INVALID'],
    [
      'with expiry on a day that does not exist',
      'snapshot',
      /"expires":"[^"]*"/,
      '"expires":"2027-02-30T00:00:00Z"',
      'METADATA_INVALID',
    ],
    ['without a base role', 'root', /,"snapshot":\{[^}]*\}/, '', 'METADATA_INVALID'],
    ['with threshold 0', 'root', '"threshold":1', '"threshold":0', 'METADATA_INVALID'],
    ['that lists no snapshot', 'timestamp', '"snapshot":', '"other":', 'METADATA_INVALID'],
    ['that lists no targets', 'snapshot', '"targets":', '"other":', 'METADATA_INVALID'],
    [
      'with a digest of the wrong length',
      'snapshot',
      /"sha256":"[^"]*"/,
      '"sha256":"AAAA"',
      'METADATA_INVALID',
    ],
    [
      'with a digest that is hex',
      'timestamp',
      /"sha256":"[^"]*"/,
      `"sha256":"${'0a'.repeat(32)}"`,
      'METADATA_INVALID',
    ],
    [
      'with a second signed',
      'timestamp',
      '"signatures"',
      '"signed":{},"signatures"',
      'JSON_INVALID',
    ],
    [
      'with a second signed that Go would read',
      'timestamp',
      '"signatures"',
      '"Signed":{},"signatures"',
      'METADATA_INVALID',
    ],
    [
      'with a second _type inside',
      'timestamp',
      '"_type"',
      '"_type":"Root","_type"',
      'JSON_INVALID',
    ],
    [
      'with a second targets in another case',
      'targets',
      '"targets":{',
      '"Targets":{},"targets":{',
      'METADATA_INVALID',
    ],
    [
      'with a tag twice',
      'targets',
      '"targets":{',
      '"targets":{"1.4":{"hashes":{},"length":1},',
      'JSON_INVALID',
    ],
    [
      'with a tag twice, once escaped',
      'targets',
      '"targets":{',
      '"targets":{"1\\u002e4":{"hashes":{},"length":1},',
      'JSON_INVALID',
    ],
    [
      'with a tag that is a number',
      'targets',
      /"1.4":\{.*?\},"length":\d+\}/,
      '"1.4":7',
      'METADATA_INVALID',
    ],
    [
      'with a tag whose length is text',
      'targets',
      /"length":\d+/,
      '"length":"3"',
      'METADATA_INVALID',
    ],
    [
      'with a delegation outside its role',
      'targets',
      '"name":"targets/releases"',
      '"name":"targets/a/b"',
      'METADATA_INVALID',
    ],
    [
      'with a delegation in upper case',
      'targets',
      '"name":"targets/releases"',
      '"name":"targets/Releases"',
      'METADATA_INVALID',
    ],
    [
      'with a delegation to an unknown key',
      'targets',
      /"keyids":\["[^"]*"\]/,
      '"keyids":["ab"]',
      'METADATA_INVALID',
    ],
    ['with something behind it', 'timestamp', /$/, '{}', 'JSON_INVALID'],
    ['that is not JSON', 'timestamp', /^.*$/, '<html>', 'JSON_INVALID'],
    ['without signed', 'timestamp', '"signed"', '"unsigned"', 'METADATA_INVALID'],
    [
      'whose signed is a list',
      'timestamp',
      /^.*$/,
      '{"signed":[],"signatures":[]}',
      'METADATA_INVALID',
    ],
  ] as const) {
    it(`${role} ${what} is refused as ${code}`, () => {
      expect(() => readers[role](edited(role, from, to))).toThrow(refusal(code));
    });
  }

  it('with more signatures than any honest file is refused', () => {
    const one = '{"keyid":"a","method":"ecdsa","sig":""}';
    const bytes = edited(
      'timestamp',
      /"signatures":.*$/,
      `"signatures":[${Array(257).fill(one).join(',')}]}`,
    );
    expect(() => parseTimestamp(bytes)).toThrow(refusal('METADATA_INVALID'));
  });

  it('shows names of a peer escaped', () => {
    const bytes = edited('targets', '"name":"targets/releases"', '"name":"targets/\\u001b[2J"');
    try {
      parseTargets(bytes, 'targets');
      expect.unreachable();
    } catch (error) {
      expect(error instanceof Failure && error.message).not.toContain('\u001b');
    }
  });

  it('never fails otherwise than by a code, wherever a byte is changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...roles), fc.nat(), fc.nat(255), (role, place, byte) => {
        const bytes = Buffer.from(sim.bytes(role));
        bytes[place % bytes.length] = byte;
        try {
          readers[role](bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
