// Files that are made to be dear to read or to verify: each is refused before it has cost much.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { begin, refusal } from '../../test/simulator/consumer.ts';
import { RepositorySimulator } from '../../test/simulator/repository.ts';
import { SimulatedKey } from '../../test/simulator/simulated-key.ts';
import { decodeBase64 } from '../encoding/base64.ts';
import { der } from '../encoding/der.ts';
import { keyObjectOf, type PublicKey, publicKey, publicKeyFromSpki } from './public-key.ts';
import { checkThreshold, isValidSignature } from './signature.ts';
import { parseTimestamp } from './snapshot.ts';
import { parseTargets } from './targets.ts';

/** Generous for a busy machine; what is refused late takes far longer. */
const soonMs = 8000;

function soon(work: () => void): void {
  const startedMs = performance.now();
  work();
  expect(performance.now() - startedMs).toBeLessThan(soonMs);
}

describe('a document of very many values', () => {
  const values = (count: number) => `[${Array(count).fill('{}').join(',')}]`;

  it.each([
    [
      'a member that nobody knows',
      (many: string) => `{"signed":{"_type":"Timestamp","x":${many}}}`,
    ],
    ['a member beside signed', (many: string) => `{"x":${many},"signed":{}}`],
    ['the list of signatures', (many: string) => `{"signatures":${many},"signed":{}}`],
  ])('in %s is refused', (_, text) => {
    const bytes = Buffer.from(text(values(2_000_000)));
    soon(() => expect(() => parseTimestamp(bytes)).toThrow(refusal('JSON_INVALID')));
  });

  it('in custom members of many tags is refused', () => {
    const tag = (name: number) => `"${name}":{"custom":${values(200_000)},"hashes":{},"length":1}`;
    const tags = Array.from({ length: 30 }, (_, name) => tag(name)).join(',');
    const bytes = Buffer.from(`{"signed":{"_type":"Targets","targets":{${tags}}},"signatures":[]}`);
    soon(() => expect(() => parseTargets(bytes, 'targets')).toThrow(refusal('JSON_INVALID')));
  });

  it('in a spelling that has to be rebuilt is refused', () => {
    const bytes = Buffer.from(`{"signed": {"_type":"Timestamp","x":${values(2_000_000)}}}`);
    soon(() => expect(() => parseTimestamp(bytes)).toThrow(refusal('JSON_INVALID')));
  });
});

describe('a file that lists very many keys', () => {
  const listing = (count: number) => {
    const keys = Array.from(
      { length: count },
      (_, at) => `"k${at}":{"keytype":"","keyval":{"public":""}}`,
    );
    return Buffer.from(
      `{"signed":{"_type":"Targets","delegations":{"keys":{${keys.join(',')}},"roles":[]},"expires":"2030-01-01T00:00:00Z","targets":{},"version":1},"signatures":[]}`,
    );
  };

  it('is refused before they are hashed; a great many are read', () => {
    expect(() => parseTargets(listing(4097), 'targets')).toThrow(refusal('METADATA_INVALID'));
    expect(parseTargets(listing(4096), 'targets').signed.delegations.keys.size).toBe(4096);
  });
});

describe('a large table of tags with custom members', () => {
  it('is read, though it has more values than any tree may', () => {
    const tag = (name: number) =>
      `"t${String(name).padStart(6, '0')}":{"custom":{"a":[1,2,3]},"hashes":{"sha256":"AAAA"},"length":1}`;
    const tags = Array.from({ length: 60_000 }, (_, name) => tag(name)).join(',');
    const text = `{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2030-01-01T00:00:00Z","targets":{${tags}},"version":1},"signatures":[]}`;
    expect(parseTargets(Buffer.from(text), 'targets').signed.targets.size).toBe(60_000);
  });
});

describe('a flood of signatures over a large file', () => {
  it('is refused when judging them would hash more than any honest file', () => {
    const { key } = SimulatedKey.generate();
    const message = Buffer.alloc(32 * 1024 * 1024);
    const one = { keyId: key.id, method: 'ecdsa', sig: Buffer.alloc(64, 1) };
    const role = { keyIds: [key.id], threshold: 1 };
    const judge = () =>
      checkThreshold(
        'targets',
        role,
        new Map([[key.id, key]]),
        message,
        Array.from({ length: 256 }, () => one),
      );
    soon(() => expect(judge).toThrow(refusal('METADATA_INVALID')));
  });
});

describe('a key that is dear to verify with', () => {
  const spkiOf = (curve: string): Buffer =>
    generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({
      type: 'spki',
      format: 'der',
    });

  it.each(['sect571r1', 'secp256k1', 'brainpoolP512r1'])('on %s is not used', (curve) => {
    const key = publicKeyFromSpki(spkiOf(curve));
    expect(() => keyObjectOf(key)).toThrow(refusal('ALGORITHM_UNSUPPORTED'));
  });

  it.each(['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1'])('on %s is used', (curve) => {
    expect(() => keyObjectOf(publicKeyFromSpki(spkiOf(curve)))).not.toThrow();
  });

  it('of RSA with an exponent as long as its modulus is not used', () => {
    const { publicKey: honest } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { n } = honest.export({ format: 'jwk' });
    const modulus = Buffer.from(n ?? '', 'base64url');
    const numbers = der.sequence(der.integer(modulus), der.integer(Buffer.alloc(250, 0x7f)));
    const algorithm = der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nullValue());
    const key = publicKey('rsa', der.sequence(algorithm, der.bitString(numbers)));
    const signature = { keyId: key.id, method: 'rsapkcs1v15', sig: Buffer.alloc(256, 1) };
    expect(isValidSignature(key, Buffer.from('m'), signature)).toBe(false);
    expect(() => keyObjectOf(key)).toThrow(refusal('ALGORITHM_UNSUPPORTED'));
  });

  it('of RSA above 8192 bits is not used', () => {
    const modulus = Buffer.alloc(2048, 0xff);
    const numbers = der.sequence(der.integer(modulus), der.integer(65_537));
    const algorithm = der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nullValue());
    const spki = der.sequence(algorithm, der.bitString(numbers));
    expect(createPublicKey({ key: spki, format: 'der', type: 'spki' }).asymmetricKeyType).toBe(
      'rsa',
    );
    expect(() => keyObjectOf(publicKey('rsa', spki))).toThrow(refusal('ALGORITHM_UNSUPPORTED'));
  });

  it('with a certificate larger than any chain is not used', () => {
    const key: PublicKey = publicKey('ecdsa-x509', Buffer.alloc(100_000, 'A'));
    expect(() => keyObjectOf(key)).toThrow(refusal('ALGORITHM_UNSUPPORTED'));
  });
});

describe('a role of very many keys', () => {
  it('is refused', () => {
    const sim = new RepositorySimulator();
    const keyIds = Array(2000).fill(sim.root.roles.get('root')?.keyIds[0]);
    sim.root.roles = new Map(sim.root.roles).set('root', { keyIds, threshold: 1 });
    sim.publish();
    soon(() => expect(() => begin(sim)).toThrow(refusal('METADATA_INVALID')));
  });
});

describe('base64 of many megabytes', () => {
  it('is read, or refused by its code', () => {
    const text = 'A'.repeat(32 * 1024 * 1024);
    expect(decodeBase64(text).length).toBe(24 * 1024 * 1024);
    expect(() => decodeBase64(`${text}*AAA`)).toThrow(refusal('JSON_INVALID'));
    for (const wrong of ['A', 'AA', 'AAA', 'A===', '=AAA', 'AA=A', '====']) {
      expect(() => decodeBase64(wrong)).toThrow(refusal('JSON_INVALID'));
    }
  });

  it('keeps what Go would write otherwise out of the verbatim copy', () => {
    const spare = `${'A'.repeat(42)}B=`;
    const text = `{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2030-01-01T00:00:00Z","targets":{"a":{"hashes":{"sha256":"${spare}"},"length":1}},"version":1},"signatures":[]}`;
    const { targets } = parseTargets(Buffer.from(text), 'targets').signed;
    expect(targets.canonicalBytes().toString()).toContain(`"${'A'.repeat(43)}="`);
  });
});
