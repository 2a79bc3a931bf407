// Uploads that are made to be dear to read or to verify are refused in notary's words, as the client's doing: never
// as a failure of this server.
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpScene } from '../../../test/server/http-scene.ts';
import { type PublicKey, publicKey, publicKeyFromSpki } from '../../tuf/public-key.ts';

let scene: HttpScene;
beforeEach(async () => {
  scene = await HttpScene.start();
  await scene.useServerKeys('snapshot', 'timestamp');
});
afterEach(() => scene.close());

async function uploaded(files: Readonly<Record<string, Buffer | string>>): Promise<string> {
  const answer = await scene.uploadParts(Object.entries(files));
  if (answer.status === 200) return '200';
  const [error] = JSON.parse(answer.text).errors;
  return [answer.status, error.code, error.detail?.Name ?? ''].join(' ').trim();
}

const root = () => scene.sim.bytes('root');
const targets = () => scene.sim.bytes('targets');
const values = (count: number) => `[${Array(count).fill('{}').join(',')}]`;

function spki(curve: string): PublicKey {
  const pair = generateKeyPairSync('ec', { namedCurve: curve });
  return publicKeyFromSpki(pair.publicKey.export({ type: 'spki', format: 'der' }));
}

/** Lists keys in the root beside the honest ones, or in their place. */
function list(role: 'root' | 'targets' | 'snapshot' | 'timestamp', keys: readonly PublicKey[]) {
  const { sim } = scene;
  sim.root.keys = new Map([...sim.root.keys, ...keys.map((key) => [key.id, key] as const)]);
  const honest = role === 'root' ? (sim.root.roles.get('root')?.keyIds ?? []) : [];
  const keyIds = [...honest, ...keys.map(({ id }) => id)];
  sim.root.roles = new Map(sim.root.roles).set(role, { keyIds, threshold: 1 });
  sim.signRoot();
}

describe('a document of very many values', () => {
  it.each(['root', 'targets', 'snapshot', 'timestamp'])('as %s is refused', async (role) => {
    for (const text of [
      `{"signed":{"_type":"x","x":${values(700_000)}},"signatures":[]}`,
      `{"signed":{},"signatures":${values(700_000)}}`,
    ]) {
      const files = { root: root(), targets: targets(), [role]: text };
      expect(await uploaded(files)).toMatch(/^400 (?:MALFORMED_JSON|INVALID_UPDATE Err\w+)$/);
    }
  });
});

describe('a key that is dear to verify with, or of an unknown kind', () => {
  const keys: readonly (readonly [string, () => PublicKey])[] = [
    ['on a curve of few', () => spki('secp256k1')],
    ['of a large field', () => spki('sect571r1')],
    ['of an unknown type', () => publicKey('dilithium', Buffer.from('x'))],
    ['that is no key', () => publicKey('rsa', Buffer.from('x'))],
    ['that is a huge certificate', () => publicKey('ecdsa-x509', Buffer.alloc(100_000, 'A'))],
    ['of ed25519, too short', () => publicKey('ed25519', Buffer.alloc(5))],
  ];

  it.each(keys)('%s, in a role of the root', async (_, make) => {
    const key = make();
    for (const role of ['targets', 'snapshot', 'timestamp'] as const) {
      const { roles } = scene.sim.root;
      list(role, [key]);
      expect(await uploaded({ root: root(), targets: targets() })).toMatch(
        /^400 INVALID_UPDATE Err\w+$/,
      );
      scene.sim.root.roles = roles;
    }
  });

  it.each(keys)('%s, in the root role', async (_, make) => {
    list('root', [make()]);
    const answer = await uploaded({ root: root(), targets: targets() });
    expect(answer).toMatch(/^(?:200|400 INVALID_UPDATE ErrBadRoot)$/);
  });
});

it('a role of very many keys is refused', async () => {
  for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
    const { roles } = scene.sim.root;
    const [first = ''] = roles.get(role)?.keyIds ?? [];
    const keyIds = Array.from({ length: 2000 }, () => first);
    scene.sim.root.roles = new Map(roles).set(role, { keyIds, threshold: 1 });
    scene.sim.signRoot();
    expect(await uploaded({ root: root(), targets: targets() })).toBe(
      '400 INVALID_UPDATE ErrBadRoot',
    );
    scene.sim.root.roles = roles;
  }
});

it('a flood of signatures over a large file is refused', async () => {
  for (let at = 0; at < 20; at += 1) scene.sim.tag(`${at}-${'x'.repeat(100_000)}`);
  scene.sim.publishTargets();
  const text = targets().toString();
  const [id = ''] = scene.sim.root.roles.get('targets')?.keyIds ?? [];
  const wrong = { keyid: id, method: 'ecdsa', sig: Buffer.alloc(64, 1).toString('base64') };
  const flood = JSON.stringify(Array.from({ length: 1900 }, () => wrong));
  const flooded = text.replace(/"signatures":\[.*\]/, `"signatures":${flood}`);
  expect(flooded).not.toBe(text);
  expect(await uploaded({ root: root(), targets: flooded })).toBe(
    '400 INVALID_UPDATE ErrBadTargets',
  );
});
