import { describe, expect, it } from 'vitest';
import type { KeyView, RepositoryView } from '../../client/consume/inspect.ts';
import {
  repositoryJson,
  repositoryLines,
  type ShownRepository,
  tagLines,
} from './repository-view.ts';

const key = (start: string): KeyView => ({
  id: start.padEnd(64, 'a'),
  canonicalId: start.padEnd(64, '0'),
  keyType: 'ecdsa',
});
const digest = (start: string): string => `sha256:${start.padEnd(64, '0')}`;
const at = (text: string): number => Date.parse(`${text}T10:00:00Z`);
const none = { paths: undefined, problem: undefined };

const view: RepositoryView = {
  gun: 'registry.example.com/team/app',
  trustedSinceMs: at('2026-03-02'),
  reason: 'first-use',
  rootKeyIds: [key('1f54328c0d11').canonicalId],
  source: 'server',
  tags: [
    {
      tag: '1.4',
      digest: digest('52e715b63c7a'),
      length: 1846,
      signers: ['release', 'ci'],
      roles: ['targets/release', 'targets/ci'],
      isAccepted: true,
    },
    {
      tag: '1.3',
      digest: digest('0b1f77d4a2c9'),
      length: 739,
      signers: ['repository key'],
      roles: ['targets'],
      isAccepted: true,
    },
  ],
  roles: [
    {
      role: 'root',
      keys: [key('1f54328c0d11')],
      threshold: 1,
      version: 1,
      expiresMs: at('2036-02-27'),
      ...none,
    },
    {
      role: 'targets',
      keys: [key('7a3d54e566e2')],
      threshold: 1,
      version: 14,
      expiresMs: at('2029-03-01'),
      ...none,
    },
    {
      role: 'targets/releases',
      keys: [key('4e864be1b1f4'), key('5f')],
      threshold: 1,
      version: 9,
      expiresMs: at('2029-02-11'),
      paths: [''],
      problem: undefined,
    },
    {
      role: 'snapshot',
      keys: [key('3c01aa9be770')],
      threshold: 1,
      version: 41,
      expiresMs: at('2029-03-01'),
      ...none,
    },
    {
      role: 'timestamp',
      keys: [key('e0779b5fa4d0')],
      threshold: 1,
      version: 122,
      expiresMs: at('2026-12-08'),
      ...none,
    },
  ],
};

const shown = (over: Partial<ShownRepository> = {}): ShownRepository => ({
  view,
  nowMs: at('2026-11-24'),
  isFull: false,
  here: new Set(),
  ...over,
});

describe('a repository on the screen', () => {
  it('reads as the model does', () => {
    expect(repositoryLines(shown()).join('\n')).toBe(
      [
        'registry.example.com/team/app   trusted since 2026-03-02, first use, root 1f54328',
        '',
        'TAG  DIGEST               SIGNED BY       SIZE',
        '1.4  sha256:52e715b63c7a  release, ci     1846',
        '1.3  sha256:0b1f77d4a2c9  repository key   739',
        '',
        'ROLE              KEYS              NEEDS  VERSION  EXPIRES',
        'root              1f54328c0d11     1 of 1        1  2036-02-27',
        'targets           7a3d54e566e2     1 of 1       14  2029-03-01',
        'targets/releases  4e864be1b1f4 +1  1 of 2        9  2029-02-11',
        'snapshot          3c01aa9be770     server       41  2029-03-01',
        'timestamp         e0779b5fa4d0     server      122  2026-12-08  in 14 days',
      ].join('\n'),
    );
  });

  it('says that no tag is signed', () => {
    expect(repositoryLines(shown({ view: { ...view, tags: [] } }))).toContain('No tag is signed.');
  });

  it('tells a snapshot key that is on this machine from one that is with the server', () => {
    const here = new Set([key('3c01aa9be770').canonicalId]);
    expect(repositoryLines(shown({ here })).find((line) => line.startsWith('snapshot'))).toContain(
      '1 of 1',
    );
  });

  it('marks a tag that nobody released, and a delegation that does not count', () => {
    const tags = [
      {
        tag: '2',
        digest: undefined,
        length: 1,
        signers: ['alice'],
        roles: ['targets/alice'] as const,
        isAccepted: false,
      },
    ];
    const roles = [
      {
        role: 'targets/alice' as const,
        keys: [],
        threshold: 1,
        version: undefined,
        expiresMs: undefined,
        paths: [''],
        problem: 'valid signatures did not meet threshold',
      },
    ];
    const lines = repositoryLines(shown({ view: { ...view, tags, roles } }));
    expect(lines).toContain('2    none that counts  alice (not released)     1');
    expect(lines.at(-1)).toBe(
      'targets/alice  none  1 of 0        -  does not count: valid signatures did not meet threshold',
    );
  });

  it('gives IDs in full when asked', () => {
    const text = repositoryLines(shown({ isFull: true })).join('\n');
    expect(text).toContain(digest('52e715b63c7a'));
    expect(text).toContain(key('4e864be1b1f4').canonicalId);
  });

  it('escapes names that came from metadata', () => {
    const tags = [
      {
        tag: '\u001b[31mx',
        digest: digest('a'),
        length: 1,
        signers: ['\u202e'],
        roles: ['targets'] as const,
        isAccepted: true,
      },
    ];
    const text = repositoryLines(shown({ view: { ...view, tags } })).join('');
    expect(text).not.toMatch(/\p{C}/u);
  });

  it('of one tag says what a pull does', () => {
    expect(tagLines(shown(), 'accepted').at(-1)).toBe('A pull takes this digest.');
    expect(tagLines(shown(), 'refused').at(-1)).toBe('A pull refuses this tag.');
  });
});

describe('a repository as data', () => {
  it('has stable keys and whole IDs', () => {
    const here = new Set([key('7a3d54e566e2').canonicalId]);
    const [, targets, releases] = (repositoryJson(shown({ here })) as { roles: object[] }).roles;
    expect(repositoryJson(shown())).toMatchObject({
      repository: 'registry.example.com/team/app',
      trusted: {
        since: '2026-03-02T10:00:00.000Z',
        reason: 'first-use',
        rootKeys: [key('1f54328c0d11').canonicalId],
      },
      source: 'server',
    });
    expect((repositoryJson(shown()) as { tags: object[] }).tags[0]).toEqual({
      tag: '1.4',
      digest: digest('52e715b63c7a'),
      size: 1846,
      signers: ['release', 'ci'],
      accepted: true,
    });
    expect(targets).toEqual({
      role: 'targets',
      keys: [{ id: key('7a3d54e566e2').canonicalId, type: 'ecdsa', here: true }],
      threshold: 1,
      version: 14,
      expires: '2029-03-01T10:00:00.000Z',
    });
    expect(releases).toMatchObject({ paths: [''] });
  });

  it('names a key by the ID of its file, and beside that a certificate by its own', () => {
    const certified = { ...key('1f54328c0d11'), id: '9'.repeat(64), keyType: 'ecdsa-x509' };
    const [root] = view.roles;
    const roles = root === undefined ? [] : [{ ...root, keys: [certified] }];
    const json = repositoryJson(shown({ view: { ...view, roles } })) as {
      roles: { keys: object[] }[];
    };
    expect(json.roles[0]?.keys).toEqual([
      {
        id: key('1f54328c0d11').canonicalId,
        certificateId: '9'.repeat(64),
        type: 'ecdsa-x509',
        here: false,
      },
    ]);
  });
});
