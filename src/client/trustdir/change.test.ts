import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { publicKeyFromCertificate, publicKeyFromSpki } from '../../tuf/public-key.ts';
import {
  type Change,
  changeBytes,
  changedDelegation,
  changedRoleKeys,
  delegationChange,
  parseChange,
  removeDelegationChange,
  removeTargetChange,
  witnessChange,
} from './change.ts';

const vectors = fileURLToPath(new URL('../../../test/vectors/repo/delegations/', import.meta.url));
const goChange = async (name: string): Promise<string> =>
  readFile(`${vectors}${name}.change`, 'utf8');

/** SubjectPublicKeyInfo of a PEM file that holds one. */
const spki = async (name: string): Promise<Buffer> => {
  const pem = await readFile(`${vectors}${name}`, 'utf8');
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
};

/** A change with that text as what it carries. */
const carrying = (data: string | undefined): Change => ({
  action: 'update',
  role: 'targets/alice',
  type: 'delegation',
  path: '',
  data: data === undefined ? undefined : Buffer.from(data),
});

describe('a change to a delegation', () => {
  it('with keys and with paths is what notary delegation add writes, byte for byte', async () => {
    const alice = publicKeyFromCertificate(await readFile(`${vectors}alice.crt`, 'utf8'));
    const bob = publicKeyFromSpki(await spki('bob.pub'));
    const keys = { threshold: 1, addKeys: [alice, bob] };
    const ours = [
      delegationChange('targets/releases', 'create', keys),
      delegationChange('targets/releases', 'create', { addPaths: [''] }),
      delegationChange('targets/releases/team', 'create', { threshold: 1, addKeys: [alice] }),
      delegationChange('targets/releases/team', 'create', { addPaths: ['team/', 'common/'] }),
    ].map((change) => changeBytes(change).toString());
    expect(ours).toEqual([
      await goChange('01795553283373808132_b8cb0fed-5dff-45b0-993d-4414f37008d0'),
      await goChange('01795553283373877110_14b597f3-f36e-4d16-beed-e07b5ccb9e92'),
      await goChange('01795553283380007026_f4080437-a1c6-4f3d-ab9a-a5efd0f1cd84'),
      await goChange('01795553283380086767_1e31aa76-7c00-4089-a05e-ec15dfefd9b4'),
    ]);
  });

  // As seen in the change list after `notary delegation remove` and `delegation purge`.
  it.each([
    [{ removeKeyIds: ['a1'] }, '{"remove_keys":["a1"]}'],
    [{ removePaths: ['v1', '<&>'] }, '{"remove_paths":["v1","\\u003c\\u0026\\u003e"]}'],
    [{ clearPaths: true }, '{"clear_paths":true}'],
    [{ threshold: 0, addKeys: [], addPaths: [], clearPaths: false }, '{}'],
  ])('that says %j carries %s', (content, text) => {
    expect(delegationChange('targets/alice', 'update', content).data?.toString()).toBe(text);
  });

  it('is read back as it was written', async () => {
    const alice = publicKeyFromCertificate(await readFile(`${vectors}alice.crt`, 'utf8'));
    const content = {
      threshold: 2,
      addKeys: [alice],
      removeKeyIds: ['a1'],
      addPaths: ['x/'],
      removePaths: ['y/'],
      clearPaths: true,
    };
    const read = changedDelegation(delegationChange('targets/alice', 'update', content), 'x');
    expect(read).toMatchObject({ ...content, addKeys: [{ id: alice.id }] });
    expect(changedDelegation(carrying('{}'), 'x')).toEqual({
      threshold: 0,
      addKeys: [],
      removeKeyIds: [],
      addPaths: [],
      removePaths: [],
      clearPaths: false,
    });
  });

  it.each([
    [undefined],
    ['[]'],
    ['{"threshold":"1"}'],
    ['{"add_keys":{}}'],
    ['{"add_paths":[1]}'],
    ['{"new_name":"targets/bob"}'],
  ])('that carries %s is damaged', (text) => {
    expect(() => changedDelegation(carrying(text), 'x')).toThrow(
      expect.objectContaining({ code: 'CACHE_DAMAGED' }),
    );
  });
});

describe('other changes', () => {
  it.each([
    [removeTargetChange('targets', 'v<1>'), 'delete', 'targets', 'target', 'v\\u003c1\\u003e'],
    [removeDelegationChange('targets/alice'), 'delete', 'targets/alice', 'delegation', ''],
    [witnessChange('targets/alice'), 'update', 'targets/alice', 'witness', ''],
  ])('carry nothing: %#', (change, action, role, type, path) => {
    const text = `{"action":"${action}","role":"${role}","type":"${type}","path":"${path}","data":null}`;
    expect(changeBytes(change).toString()).toBe(text);
    expect(parseChange(changeBytes(change), 'x')).toEqual(change);
  });

  it('of the keys of a role name the role and carry keys', () => {
    const key = '{"keytype":"ed25519","keyval":{"public":"AAAA","private":null}}';
    const change = carrying(`{"keys":[${key}],"role":"targets"}`);
    expect(changedRoleKeys(change, 'x')).toMatchObject({
      role: 'targets',
      keys: [{ keyType: 'ed25519' }],
    });
    expect(() => changedRoleKeys(carrying('{"keys":[]}'), 'x')).toThrow(
      expect.objectContaining({ code: 'CACHE_DAMAGED' }),
    );
  });
});
