import { describe, expect, it } from 'vitest';
import {
  type PendingPublication,
  parsePendingPublication,
  pendingPublicationBytes,
} from './pending-publication.ts';

const note: PendingPublication = {
  changes: new Map([
    ['00000000000000000001_x.change', 'a'.repeat(64)],
    ['__proto__', 'b'.repeat(64)],
  ]),
  files: new Map([
    ['targets', 'c'.repeat(64)],
    ['targets/alice', 'd'.repeat(64)],
  ]),
};

describe('the note of a publication', () => {
  it('comes back as it was written', () => {
    expect(parsePendingPublication(pendingPublicationBytes(note))).toEqual(note);
  });

  it.each([
    ['cut off', pendingPublicationBytes(note).subarray(0, 90)],
    ['empty', Buffer.alloc(0)],
    ['no JSON', Buffer.from('publication')],
    ['no object', Buffer.from('[]')],
    ['without a member', Buffer.from('{"changes":[]}')],
    [
      'of no file, which any server would serve',
      pendingPublicationBytes({ ...note, files: new Map() }),
    ],
    ['of what is no role', replaced('"targets/alice"', '"targets/../alice"')],
    ['of a role twice', replaced('"targets/alice"', '"targets"')],
    ['of a change twice', replaced('"__proto__"', '"00000000000000000001_x.change"')],
    ['with a change that is no text', replaced('"__proto__"', '7')],
    ['with a hash that is none', replaced('a'.repeat(64), 'a'.repeat(63))],
    ['with a hash that is no text', replaced(`"${'c'.repeat(64)}"`, 'null')],
  ])('that is %s is none: nothing is known to be published', (_what, bytes) => {
    expect(parsePendingPublication(bytes)).toBeUndefined();
  });
});

function replaced(text: string, by: string): Buffer {
  const before = pendingPublicationBytes(note).toString();
  expect(before).toContain(text);
  return Buffer.from(before.replace(text, by));
}
