import { describe, expect, it } from 'vitest';
import {
  type PendingRotation,
  parsePendingRotation,
  pendingRotationBytes,
} from './pending-rotation.ts';

const rotation: PendingRotation = {
  sinceMs: Date.parse('2026-11-25T00:00:00Z'),
  holder: 'local',
  keysBefore: ['a'.repeat(64)],
  newKeys: ['b'.repeat(64)],
  replaced: ['a'.repeat(64)],
};

describe('the note of a rotation', () => {
  it('comes back as it was written', () => {
    expect(parsePendingRotation(pendingRotationBytes(rotation))).toEqual(rotation);
  });

  it.each([
    ['cut off', pendingRotationBytes(rotation).subarray(0, 40)],
    ['no JSON', Buffer.from('rotation')],
    ['without a member', Buffer.from('{"since":"2026-11-25T00:00:00Z","holder":"local"}')],
    ['of another time', replaced('2026-11-25T00:00:00.000Z', 'yesterday')],
    ['of another holder', replaced('local', 'nobody')],
    ['with a key that is no text', replaced(`"${'b'.repeat(64)}"`, '7')],
  ])('that is %s is none: a new rotation begins', (_what, bytes) => {
    expect(parsePendingRotation(bytes)).toBeUndefined();
  });
});

function replaced(text: string, by: string): Buffer {
  return Buffer.from(pendingRotationBytes(rotation).toString().replace(text, by));
}
