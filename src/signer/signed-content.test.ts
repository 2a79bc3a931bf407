import { describe, expect, it } from 'vitest';
import { metadata } from '../../test/signer/signer-harness.ts';
import { maySign, readSignedContent } from './signed-content.ts';

const read = (text: string) => readSignedContent(Buffer.from(text));

describe('what content states', () => {
  it.each(['Root', 'Targets', 'Snapshot', 'Timestamp', 'timestamp'])(
    'is read from a %s',
    (type) => {
      const said = { role: type.toLowerCase(), version: 41 };
      expect(readSignedContent(metadata(type, 41))).toEqual(said);
    },
  );

  it.each([
    '',
    '{}',
    '[1]',
    'null',
    '{"version":1}',
    '{"_type":1,"version":1}',
    '{"_Type":"Timestamp","version":1}',
    '{"_type":"Timestamp","_Type":"Snapshot","version":1}',
    '{"_TYPE":"Snapshot","_type":"Timestamp","version":1}',
    '{"_type":"Timestamp","_type":"Timestamp","version":1}',
    '{"_type":"Timestamp","version":1} trailing',
    '{"_type":"Timestamp","version":1,"version":2}',
    '{"_type":"Mirrors","version":1}',
    '{"signed":{"_type":"Timestamp","version":1}}',
    '['.repeat(10_000),
  ])('is nothing in other content (%#)', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it.each(['"1"', '-1', '1.5', '9007199254740993', 'null'])(
    'is no version that is %s',
    (version) => {
      const said = { role: 'timestamp', version: undefined };
      expect(read(`{"_type":"Timestamp","version":${version}}`)).toEqual(said);
    },
  );

  it('may be a role without a version', () => {
    expect(read('{"_type":"Timestamp"}')).toEqual({ role: 'timestamp', version: undefined });
  });
});

describe('a key', () => {
  const roles = ['root', 'targets', 'snapshot', 'timestamp'];

  it.each(roles)('of role %s signs metadata of that role alone', (role) => {
    for (const other of roles) {
      expect(maySign(role, { role: other, version: 1 })).toBe(other === role);
    }
    expect(maySign(role, undefined)).toBe(false);
  });

  it.each(['', 'targets/releases', 'mirrors'])('of role %j signs anything', (role) => {
    expect(maySign(role, undefined)).toBe(true);
    expect(maySign(role, { role: 'timestamp', version: 1 })).toBe(true);
  });
});
