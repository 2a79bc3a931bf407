import { describe, expect, it } from 'vitest';
import {
  type Change,
  delegationChange,
  removeDelegationChange,
  removeTargetChange,
  targetChange,
  witnessChange,
} from '../trustdir/change.ts';
import { changeOf, changeWords, editsOf } from './change-edits.ts';

const target = { length: 2, hashes: new Map([['sha256', Buffer.alloc(32, 1)]]) };
const nothing = { addKeys: [], removeKeyIds: [], addPaths: [], removePaths: [], clearPaths: false };

/** A change of any kind, carrying that text. */
const change = (action: Change['action'], type: string, role: string, data?: string): Change => ({
  action,
  role,
  type,
  path: '',
  data: data === undefined ? undefined : Buffer.from(data),
});

describe('edits of a staged change', () => {
  it.each([
    [
      targetChange('targets', 'v1', target),
      { kind: 'set-tag', role: 'targets', name: 'v1', target },
    ],
    [
      removeTargetChange('targets/alice', 'v1'),
      { kind: 'remove-tag', role: 'targets/alice', name: 'v1' },
    ],
    [
      delegationChange('targets/alice', 'create', { addPaths: [''] }),
      {
        kind: 'change-delegation',
        role: 'targets/alice',
        isNew: true,
        ...nothing,
        threshold: 0,
        addPaths: [''],
      },
    ],
    [
      delegationChange('targets/alice', 'update', { removeKeyIds: ['a1'], clearPaths: true }),
      {
        kind: 'change-delegation',
        role: 'targets/alice',
        isNew: false,
        ...nothing,
        threshold: 0,
        removeKeyIds: ['a1'],
        clearPaths: true,
      },
    ],
    [
      delegationChange('targets/*', 'update', { removeKeyIds: ['a1'] }),
      { kind: 'purge-keys', keyIds: ['a1'], below: 'targets' },
    ],
    [
      delegationChange('targets/a/*', 'update', { removeKeyIds: ['a1'] }),
      { kind: 'purge-keys', keyIds: ['a1'], below: 'targets/a' },
    ],
    [removeDelegationChange('targets/alice'), { kind: 'remove-delegation', role: 'targets/alice' }],
    [witnessChange('targets/alice'), { kind: 'witness', role: 'targets/alice' }],
    [witnessChange('targets'), { kind: 'witness', role: 'targets' }],
  ])('%#', (staged, edit) => {
    const edits = editsOf(staged, 'x');
    expect(edits).toEqual([edit]);
    expect(edits.map(changeOf)).toEqual([staged]);
  });

  it('are read of new keys of a role, which are never staged', () => {
    const staged = change('create', 'role', 'root', '{"keys":[],"role":"snapshot"}');
    const edits = editsOf(staged, 'x');
    expect(edits).toEqual([{ kind: 'replace-keys', role: 'snapshot', keys: [] }]);
    expect(() => edits.map(changeOf)).toThrow(expect.objectContaining({ code: 'ROLE_INVALID' }));
  });

  it('that no file of Go can say are not staged', () => {
    const key = { kind: 'replace-keys', role: 'targets', keys: [] } as const;
    const delegation = { ...nothing, kind: 'change-delegation', role: 'targets/a' } as const;
    const threshold = { ...delegation, isNew: false, newThreshold: 2 };
    for (const edit of [key, threshold]) {
      expect(() => changeOf(edit)).toThrow(expect.objectContaining({ code: 'ROLE_INVALID' }));
    }
  });

  it.each([
    ['a target of the snapshot role', targetChange('snapshot', 'v1', target)],
    ['a target of all delegations', removeTargetChange('targets/*', 'v1')],
    ['a target that is updated', change('update', 'target', 'targets', '{}')],
    ['a target without content', change('create', 'target', 'targets')],
    ['content that is no JSON', change('create', 'target', 'targets', '{')],
    ['a delegation in capitals', delegationChange('targets/Alice', 'create', {})],
    ['a delegation of no name', change('create', 'delegation', 'targets', '{}')],
    ['all delegations, made', delegationChange('targets/*', 'create', {})],
    [
      'a delegation made and cleared',
      delegationChange('targets/a', 'create', { clearPaths: true }),
    ],
    ['a purge above all roles', delegationChange('*', 'update', { removeKeyIds: ['a1'] })],
    ['a witness of the root', witnessChange('root')],
    ['a witness that is made', change('create', 'witness', 'targets')],
    ['keys of a delegation', change('create', 'role', 'root', '{"keys":[],"role":"targets/a"}')],
    ['keys in another scope', change('create', 'role', 'targets', '{"keys":[],"role":"root"}')],
    ['a kind of its own', change('create', 'mirror', 'targets')],
  ])('%s cannot be published, and the file and the change are named', (_what, staged) => {
    expect(() => editsOf(staged, '/trust/0001_x.change')).toThrow(
      expect.objectContaining({
        code: 'CACHE_DAMAGED',
        message: expect.stringContaining('/trust/0001_x.change'),
        facts: expect.objectContaining({ change: changeWords(staged) }),
      }),
    );
  });
});
