import { describe, expect, it } from 'vitest';
import type { RoleName } from '../../tuf/role.ts';
import { maxVersionStep } from '../../tuf/version.ts';
import { inInsertionOrder, judgeBase, judgeVersion } from './publication.ts';

function publication(...roles: RoleName[]) {
  const files = roles.map((role) => ({ role, version: 1, bytes: Buffer.from(role) }));
  return { gun: 'g', basedOn: undefined, nowMs: 0, files };
}

describe('insertion order', () => {
  it('is root, targets by depth and name, snapshot, timestamp', () => {
    const ordered = inInsertionOrder(
      publication(
        'timestamp',
        'targets/b',
        'targets/a/deep',
        'snapshot',
        'targets',
        'targets/a',
        'root',
      ),
    );
    expect(ordered.map((file) => file.role)).toEqual([
      'root',
      'targets',
      'targets/a',
      'targets/b',
      'targets/a/deep',
      'snapshot',
      'timestamp',
    ]);
  });

  it('refuses a role that occurs twice', () => {
    expect(() => inInsertionOrder(publication('root', 'root'))).toThrow(
      expect.objectContaining({ code: 'VERSION_CONFLICT' }),
    );
  });
});

describe('base of a publish', () => {
  it('must be the newest timestamp, or none where there is none', () => {
    judgeBase({ ...publication('root'), basedOn: undefined }, undefined);
    judgeBase({ ...publication('root'), basedOn: 4 }, 4);
    for (const [basedOn, newest] of [
      [3, 4],
      [5, 4],
      [undefined, 1],
      [1, undefined],
    ] as const) {
      expect(() => judgeBase({ ...publication('root'), basedOn }, newest)).toThrow(
        expect.objectContaining({ code: 'VERSION_CONFLICT' }),
      );
    }
  });
});

describe('version of a file', () => {
  const file = (version: number) => ({ role: 'targets' as const, version, bytes: Buffer.alloc(0) });

  it('must be newer', () => {
    judgeVersion('g', file(1), 0);
    judgeVersion('g', file(9), 4);
    expect(() => judgeVersion('g', file(4), 4)).toThrow(
      expect.objectContaining({ code: 'VERSION_CONFLICT' }),
    );
  });

  it('must not leap', () => {
    judgeVersion('g', file(maxVersionStep), 0);
    expect(() => judgeVersion('g', file(maxVersionStep + 1), 0)).toThrow(
      expect.objectContaining({ code: 'VERSION_LEAP' }),
    );
  });
});
